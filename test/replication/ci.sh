#!/usr/bin/env bash
# The suite of .ci/suites: 100 runs of replication without a violation, and a search for every
# planted bug. About four minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
go run ./test/replication -sessions 100 -seed "${SEED:-1}" -quiet
go run ./test/replication/planted
