#!/usr/bin/env bash
# A follower of gregor takes the place of broker 3 in a cluster of three Apache Kafka nodes and
# fetches from the other two. Its log must have the bytes of theirs. A fetch with gregor's own
# field must get the answer of a fetch without it. Needs Java 17 and Maven.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
name=followers port=${PORT:-24392}
cluster=../peer/kafka-cluster
trap '$cluster kill $name 3 >/dev/null 2>&1; $cluster wipe $name 3 >/dev/null 2>&1' EXIT
$cluster wipe $name 3 >/dev/null 2>&1 || true
PEER=$($cluster start $name 3 --port "$port" min.insync.replicas=1)
PEER=$PEER NAME=$name go test -count=1 -tags peer -v .
