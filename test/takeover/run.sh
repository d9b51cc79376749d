#!/usr/bin/env bash
# Moves a data directory from Apache Kafka to gregor and back, with its topics, records, groups and
# offsets. It needs Go, Java 17 and Maven (it fetches Apache Kafka's jars once, by name). It takes
# about half a minute.
#   bash test/takeover/run.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
port=${PORT:-18192} work=$(mktemp -d)
kafka() { test/peer/kafka-node "$@"; }
tool() { timeout 60 test/peer/kafka-tool "$@" 2>>"$work/tools.log"; }
pid=
cleanup() { [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true; kafka kill takeover 2>/dev/null || true; kafka wipe takeover || true; rm -rf "$work"; }
trap cleanup EXIT
CGO_ENABLED=0 go build -o bin/gregor ./cmd/gregor
at=127.0.0.1:$port
cat >"$work/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://$at,CONTROLLER://127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$work/data
group.initial.rebalance.delay.ms=0
P
expect() { [ "$2" = "$3" ] && echo "ok   $1" || { echo "FAIL $1: $2, want $3"; tail -5 "$work"/*.log; exit 1; }; }
read_all() { tool kafka-console-consumer --bootstrap-server $at --topic moved --from-beginning --max-messages "$1" --timeout-ms 15000 | sort -n | uniq | wc -l; }
position() { tool kafka-consumer-groups --bootstrap-server $at --describe --group "$1" | awk '$2 == "moved" {s += $4} END {print s}'; }

kafka start takeover --port $port --dir "$work/data" >/dev/null
tool kafka-topics --bootstrap-server $at --create --topic moved --partitions 3 >/dev/null
seq 1 5000 | tool kafka-console-producer --bootstrap-server $at --topic moved
# The hash codes of g and payments are above 0, those of billing and my-group below 0.
groups='g payments billing my-group'
for g in $groups; do
  expect "Apache Kafka: group $g reads 2000" "$(tool kafka-console-consumer --bootstrap-server $at --topic moved --group $g --from-beginning --max-messages 2000 | wc -l)" 2000
done
# A group of the consumer protocol (KIP-848), without members at the stop.
echo group.protocol=consumer >"$work/new.properties"
expect 'Apache Kafka: group new of the consumer protocol reads 2000' "$(tool kafka-console-consumer --bootstrap-server $at --topic moved --group new --consumer.config "$work/new.properties" --from-beginning --max-messages 2000 | grep -c "^[0-9]")" 2000
kafka stop takeover

bin/gregor server "$work/server.properties" >"$work/gregor.log" 2>&1 &
pid=$!
for _ in $(seq 600); do grep -q 'Kafka Server started' "$work/gregor.log" && break; sleep 0.05; done
expect 'gregor: a description of all groups shows each of them' "$(tool kafka-consumer-groups --bootstrap-server $at --describe --all-groups 2>/dev/null | awk '$2 == "moved" {print $1}' | sort -u | wc -l)" 5
for g in $groups; do
  expect "gregor: group $g has read 2000" "$(position $g)" 2000
  expect "gregor: group $g goes on with the other 3000" "$(tool kafka-console-consumer --bootstrap-server $at --topic moved --group $g --max-messages 3000 --timeout-ms 15000 | wc -l)" 3000
done
expect 'gregor: group new goes on as a classic group' "$(tool kafka-console-consumer --bootstrap-server $at --topic moved --group new --max-messages 3000 --timeout-ms 15000 | wc -l)" 3000
seq 5001 6000 | tool kafka-console-producer --bootstrap-server $at --topic moved
expect 'gregor: all 6000 are there' "$(read_all 6000)" 6000
kill "$pid"; wait "$pid" || true
pid=

kafka start takeover --port $port --dir "$work/data" >/dev/null
expect 'Apache Kafka again: all 6000 are there' "$(read_all 6000)" 6000
for g in $groups new; do expect "Apache Kafka again: group $g has read 5000" "$(position $g)" 5000; done
kafka stop takeover
echo 'there and back again'
