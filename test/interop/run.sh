#!/usr/bin/env bash
# Every client library through one scenario (runner/) against one broker:
#   bash test/interop/run.sh [--against gregor|kafka|HOST:PORT] [--steps a,b] [--record] [client ...]
# gregor is built and started on a free port with a folder of its own; kafka is Apache Kafka 4.4 by test/peer/kafka-node; a broker
# named by address must have num.partitions=3 (kcat cannot say how many it wants). Clients come from the package registries into
# ${XDG_CACHE_HOME:-~/.cache}/gregor-interop. --record keeps the results in results/ and renews the table of docs/compatibility.md.
# Exit status: 0 all passed, 1 something failed, 3 something could not be installed (the rest was run).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gregor-interop
all=(java-4.4.0 java-3.9.1 java-2.8.2 java-1.1.1 confluent-kafka kcat franz-go sarama kafka-go kafka-python kafkajs)
source "$here/install.sh"

against=gregor steps='' record='' clients=()
while [ $# -gt 0 ]; do
  case $1 in
    --against) against=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --record) record=1; shift ;;
    -h | --help) sed -n '2,7p' "$0"; exit 2 ;;
    -*) echo "interop: unknown option $1" >&2; exit 2 ;;
    *) clients+=("$1"); shift ;;
  esac
done
[ ${#clients[@]} -gt 0 ] || clients=("${all[@]}")
mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/interop.XXXXXX")
stop=:
trap 'eval "$stop"; rm -rf "$work"' EXIT

echo "== installing ${clients[*]}"
lacking=0
: >"$work/drivers"
for c in "${clients[@]}"; do
  if command=$(install "$c"); then printf '%s\t%s\n' "$c" "$command" >>"$work/drivers"; else lacking=1; fi
done
(cd "$root" && go build -o "$work/runner" ./test/interop/runner)

free_port() {
  local p
  while p=$((20000 + RANDOM % 10000)); do (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }; done
}

case $against in
  gregor)
    (cd "$root" && go build -o bin/gregor ./cmd/gregor)
    port=$(free_port) address=127.0.0.1:$port name=gregor
    printf '%s\n' process.roles=broker,controller node.id=1 "listeners=PLAINTEXT://$address" "log.dirs=$work/data" \
      num.partitions=3 group.initial.rebalance.delay.ms=0 >"$work/server.properties"
    "$root/bin/gregor" server "$work/server.properties" >"$work/broker.log" 2>&1 &
    pid=$!
    stop='kill $pid 2>/dev/null; wait $pid 2>/dev/null || true; cp "$work/broker.log" "$cache/broker.log"'
    for _ in $(seq 100); do grep -q 'Kafka Server started' "$work/broker.log" && break; sleep 0.05; done
    grep -q 'Kafka Server started' "$work/broker.log" || { cat "$work/broker.log" >&2; exit 1; } ;;
  kafka)
    port=$(free_port) address=127.0.0.1:$port name="Apache Kafka 4.4.0"
    "$root/test/peer/kafka-node" start interop --port "$port" num.partitions=3
    stop='"$root/test/peer/kafka-node" stop interop; "$root/test/peer/kafka-node" wipe interop' ;;
  *:*) address=$against name=$against ;;
  *) echo "interop: --against gregor, kafka or HOST:PORT" >&2; exit 2 ;;
esac

out=$cache/results.json
rm -f "$out"
if [ -n "$record" ]; then mkdir -p "$here/results"; out=$here/results/$against.json; fi
failed=0
"$work/runner" -bootstrap "$address" -against "$name" -drivers "$work/drivers" -logs "$cache/logs" -steps "$steps" -out "$out" || failed=1
[ -z "$record" ] || (cd "$root" && go run ./test/interop/matrix)
[ $failed = 0 ] || exit 1
[ $lacking = 0 ] || { echo "interop: not all clients could be installed, see above" >&2; exit 3; }
