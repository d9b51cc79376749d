#!/usr/bin/env bash
# Apache Kafka's kafka-dump-log reads every file that gregor writes, and gregor's own dump-log
# prints the same. It needs Go, Java 17 and Maven (it fetches Apache Kafka's jars once, by name). It
# takes about two minutes.
#   bash test/dumplog/run.sh [--keep]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap '[ -n "${pid:-}" ] && kill -9 "$pid" 2>/dev/null; [ "${1:-}" = --keep ] || rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -o bin/gregor ./cmd/gregor
port=${PORT:-17392}
cat >"$work/server.properties" <<P
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$work/data
offsets.topic.num.partitions=3
log.cleaner.backoff.ms=200
log.retention.check.interval.ms=500
metadata.log.max.record.bytes.between.snapshots=4000
P
start() { # waits for the broker's own word that it serves
  bin/gregor server "$work/server.properties" >"$work/log" 2>&1 &
  pid=$!
  for _ in $(seq 600); do grep -q 'Kafka Server started' "$work/log" && return; kill -0 $pid || { cat "$work/log"; exit 1; }; sleep 0.05; done
  exit 1
}
start
go run ./test/dumplog/fill "127.0.0.1:$port"
kill "$pid"; wait "$pid" || true
start # a second life: another leader epoch, another snapshot
go run ./test/dumplog/fill "127.0.0.1:$port"
kill "$pid"; wait "$pid" || true
pid=

bad=0
check() { # name of the check, decoder flags, files
  local name=$1 flags=$2 files
  shift 2
  files=$(IFS=,; echo "$*")
  [ -n "$files" ] || { echo "no files for $name"; bad=1; return; }
  test/peer/kafka-tool kafka-dump-log $flags --files "$files" >"$work/kafka.out" 2>"$work/kafka.err" || { echo "FAIL $name: kafka-dump-log ended with $?"; head -5 "$work/kafka.err"; bad=1; }
  bin/gregor kafka-dump-log $flags --files "$files" >"$work/gregor.out" 2>"$work/gregor.err" || { echo "FAIL $name: gregor dump-log ended with $?"; bad=1; }
  # Compaction can leave an empty batch as the only content of a segment (the last batch of its
  # producer). Such a segment has a time index entry and no record. The tool then prints "log
  # timestamp: -1", for Apache Kafka's own files, too.
  if grep -E 'isvalid: false|Index offset|log timestamp:|Exception|non-zero' "$work/kafka.out" "$work/kafka.err" | grep -qv 'log timestamp: -1'; then
    echo "FAIL $name: kafka-dump-log complains"
    grep -Em5 'isvalid: false|Index offset|log timestamp:|Exception|non-zero' "$work/kafka.out" "$work/kafka.err"
    bad=1
  fi
  if diff -q "$work/kafka.out" "$work/gregor.out" >/dev/null; then echo "ok   $name: $# files, $(wc -l <"$work/kafka.out") lines"; else echo "FAIL $name: outputs differ"; diff "$work/kafka.out" "$work/gregor.out" | head -10; bad=1; fi
}
shopt -s nullglob
d=$work/data
check 'logs' '--print-data-log' "$d"/plain-*/*.log "$d"/codecs-*/*.log "$d"/compacted-*/*.log
check 'logs, deep' '--deep-iteration' "$d"/plain-*/*.log "$d"/codecs-*/*.log "$d"/compacted-*/*.log
check 'offset indexes' '' "$d"/*/*.index
check 'offset indexes, sanity' '--index-sanity-check' "$d"/*/*.index
check 'time indexes' '' "$d"/*/*.timeindex
check 'producer snapshots' '' "$d"/*/*.snapshot
check '__consumer_offsets' '--offsets-decoder' "$d"/__consumer_offsets-*/*.log
check 'metadata log' '--cluster-metadata-decoder' "$d"/__cluster_metadata-0/*.log
check 'metadata snapshots' '--cluster-metadata-decoder' "$d"/__cluster_metadata-0/*.checkpoint
[ $bad = 0 ] && echo 'all files agree'
exit $bad
