#!/usr/bin/env bash
# The suite of .ci/suites: 50 simulated hours of the KRaft core without a violation, and a search
# for every planted bug. About four minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
go run ./test/kraft -hours 50 -seed "${SEED:-1}" -quiet
go run ./test/kraft/planted
