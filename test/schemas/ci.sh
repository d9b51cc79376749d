#!/usr/bin/env bash
# The suite of .ci/suites: Apache Kafka's own classes decode and encode random messages of every key
# and version.
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" roundtrip "${ROUNDS:-20}" "${SEED:-$RANDOM}"
