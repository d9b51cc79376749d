#!/usr/bin/env bash
# ./run.sh            makes internal/protocol/testdata from Apache Kafka's jars (fetched once)
# ./run.sh roundtrip  Kafka's classes decode and encode random messages of gregor
source "$(dirname "${BASH_SOURCE[0]}")/../peer/env.sh"
need java openjdk-17-jdk-headless
self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$(jars "$KAFKA_VERSION")
kafka() { java -Dpeer.log.level=ERROR -Dlog4j2.configurationFile="$here/log4j2.xml" -cp "$dir/*" "$@" "$dir"; }
if [ "${1:-}" = roundtrip ]; then
  cd "$self/../.." && go run ./test/schemas/samples -rounds "${2:-20}" -seed "${3:-1}" | kafka "$self/RoundTrip.java"
  exit
fi
out=$self/../../internal/protocol/testdata
kafka "$here/Schemas.java" | gzip -9n >"$out/schemas-$KAFKA_VERSION.jsonl.gz"
kafka "$self/Nested.java" | gzip -9n >"$out/nested-$KAFKA_VERSION.jsonl.gz"
