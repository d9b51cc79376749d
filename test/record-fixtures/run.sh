#!/bin/sh
# Usage: run.sh [write|check DIR]. Without arguments it writes new fixtures into
# record/testdata/kafka; then Apache Kafka reads the output of package record.
set -eu
cd "$(dirname "$0")"
lib=$(mktemp -d)
trap 'rm -rf "$lib"' EXIT
mvn -q -o dependency:copy-dependencies -DoutputDirectory="$lib/jars" 2>/dev/null || mvn -q dependency:copy-dependencies -DoutputDirectory="$lib/jars"
javac -d "$lib/classes" -cp "$lib/jars/*" Fixtures.java
run() { java -cp "$lib/classes:$lib/jars/*" Fixtures "$@"; }
if [ $# -gt 0 ]; then
	run "$@"
	exit
fi
run write ../../record/testdata/kafka
(cd ../.. && RECORD_WRITE_DIR="$lib/go" go test -count=1 -run TestWriteForKafka ./record)
run check "$lib/go"
