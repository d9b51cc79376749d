#!/usr/bin/env bash
# Controllers of Apache Kafka 4.4 for the tests of the quorum's APIs, on the ports 31093, 31103 and 31113.
#   raft.sh start DIR dynamic|static [N]   starts the controllers 1 to N (3), with their data in DIR/1 ... DIR/N
#   raft.sh stop DIR                       ends them and removes their data
# To record testdata/raft_apis_kafka-4.4.0.txt, from the root of the repository (it takes two minutes):
#   internal/handlers/testdata/raft.sh start /tmp/raft dynamic
#   go test ./internal/handlers -run TestRaftAPIsAnswerAsKafka -kafka-raft
#   internal/handlers/testdata/raft.sh stop /tmp/raft
# One quorum of two controllers of Apache Kafka and one of ours:
#   internal/handlers/testdata/raft.sh start /tmp/raft static 2    (or dynamic)
#   go test ./internal/handlers -run TestOneQuorumWithKafka -kafka-quorum /tmp/raft -v    (-kafka-dynamic)
set -euo pipefail
peer=$(cd "$(dirname "$0")/../../.." && pwd)/test/peer/kafka-node
[ $# -ge 2 ] || { sed -n '2,12p' "$0"; exit 2; }
verb=$1 base=$2 kind=${3:-} n=${4:-3}
export CLUSTER_ID=Z3JlZ29yLXBlZXItMDAwMA KAFKA_HEAP_OPTS="-Xms160m -Xmx256m" KAFKA_JVM_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true"
directories=(a3dkaXJlY3RvcnktMDAwMQ a3dkaXJlY3RvcnktMDAwMg a3dkaXJlY3RvcnktMDAwMw)
voters='' servers='' initial=''
for i in 1 2 3; do
  at=127.0.0.1:$((31083 + 10 * i))
  voters+=${voters:+,}$i@$at servers+=${servers:+,}$at initial+=${initial:+,}$i@$at:${directories[i - 1]}
done
case $verb in
  stop)
    for i in 1 2 3; do "$peer" kill "raft$i" 2>/dev/null || true; "$peer" wipe "raft$i"; done
    rm -rf "$base" ;;
  start)
    mkdir -p "$base"
    for i in $(seq "$n"); do
      port=$((31083 + 10 * i)) file=$base/$i.properties
      cat >"$file" <<P
process.roles=controller
node.id=$i
listeners=CONTROLLER://127.0.0.1:$port
advertised.listeners=CONTROLLER://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT
log.dirs=$base/$i
metadata.log.max.record.bytes.between.snapshots=2000
metadata.max.retention.ms=20000
metadata.log.max.snapshot.interval.ms=0
P
      if [ "$kind" = static ]; then echo "controller.quorum.voters=$voters" >>"$file"; else
        echo "controller.quorum.bootstrap.servers=$servers" >>"$file"
        export FORMAT_ARGS="--initial-controllers $initial"
      fi
      "$peer" start "raft$i" --port "$port" --dir "$base/$i" --config "$file" &
    done
    wait ;;
  *) sed -n '2,12p' "$0"; exit 2 ;;
esac
