#!/usr/bin/env bash
# Records the answers and the records of an Apache Kafka controller for the scripts of this folder.
# usage: record.sh PORT [script ...]   (uses PORT and PORT+1)
set -euo pipefail
cd "$(dirname "$0")/../../../.."
port=$1; shift
[ $# -gt 0 ] || set -- $(basename -s .txt internal/controller/testdata/kafka/*.txt)
peer=test/peer/kafka-node
for script; do # each on a fresh node: brokers of one script would disturb the next
	"$peer" start controller --port "$port" unclean.leader.election.interval.ms=2000 >/dev/null
	go test ./internal/controller -run "TestControllerDecidesAsKafka/^$script\$" -kafka-controller "127.0.0.1:$((port + 1))"
	"$peer" kill controller
	"$peer" wipe controller
done
