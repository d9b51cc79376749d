#!/usr/bin/env bash
# The suite of .ci/suites: five simulated hours without a violation, and a search for every planted
# bug. About four minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
go run ./test/simulate -hours 5 -seed "${SEED:-1}" -quiet
go run ./test/planted
