# Suites that need a broker source this file. start_broker NAME gregor|kafka|HOST:PORT [key=value
# ...] starts a broker on a free port with a folder of its own (PORT in a value is that port; gregor
# only). It sets address, broker (its description) and work (a temporary folder). All of it is
# removed at the end of the script.
broker_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

free_port() {
  local p
  while p=$((20000 + RANDOM % 10000)); do (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }; done
}

start_broker() {
  local name=$1 against=$2 port; shift 2
  work=$(mktemp -d "${TMPDIR:-/tmp}/$name.XXXXXX")
  trap 'stop_broker' EXIT
  case $against in
    gregor)
      (cd "$broker_root" && go build -o bin/gregor ./cmd/gregor)
      port=$(free_port) address=127.0.0.1:$port broker=gregor
      printf '%s\n' process.roles=broker,controller node.id=1 "listeners=PLAINTEXT://$address,CONTROLLER://127.0.0.1:0" \
        controller.listener.names=CONTROLLER "log.dirs=$work/data" \
        num.partitions=3 group.initial.rebalance.delay.ms=0 offsets.topic.replication.factor=1 "${@//PORT/$port}" >"$work/server.properties"
      "$broker_root/bin/gregor" server "$work/server.properties" >"$work/broker.log" 2>&1 &
      broker_pid=$!
      for _ in $(seq 200); do grep -q 'Kafka Server started' "$work/broker.log" && return; sleep 0.05; done
      cat "$work/broker.log" >&2; return 1 ;;
    kafka)
      port=$(free_port) address=127.0.0.1:$port broker="Apache Kafka 4.4.0" broker_node=$name-$$
      "$broker_root/test/peer/kafka-node" start "$broker_node" --port "$port" num.partitions=3 "$@" ;;
    *:*) address=$against broker=$against ;;
    *) echo "--against gregor, kafka or HOST:PORT" >&2; return 2 ;;
  esac
}

stop_broker() {
  if [ -n "${broker_pid:-}" ]; then
    kill "$broker_pid" 2>/dev/null || true
    wait "$broker_pid" 2>/dev/null || true
    [ -z "${KEEP_LOG:-}" ] || cp "$work/broker.log" "$KEEP_LOG"
  fi
  if [ -n "${broker_node:-}" ]; then
    "$broker_root/test/peer/kafka-node" stop "$broker_node"
    "$broker_root/test/peer/kafka-node" wipe "$broker_node"
  fi
  rm -rf "$work"
}
