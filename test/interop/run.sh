#!/usr/bin/env bash
# Runs every client library through one scenario (runner/) against one broker:
#   bash test/interop/run.sh [--against gregor|kafka|HOST:PORT] [--steps a,b] [--record]
#       [client ...]
# For gregor it builds a broker and starts it on a free port with a folder of its own. kafka is
# Apache Kafka 4.4 by test/peer/kafka-node. A broker at HOST:PORT must have num.partitions=3,
# because kcat cannot choose the number. Clients come from the package registries into
# ${XDG_CACHE_HOME:-~/.cache}/gregor-interop. --record keeps the results in results/ and updates the
# table of docs/compatibility.md.
# Exit status: 0 all steps passed, 1 a step failed, 3 a client could not be installed (the rest was
# run).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gregor-interop
all=(java-4.4.0 java-3.9.1 java-2.8.2 java-1.1.1 confluent-kafka kcat franz-go sarama kafka-go kafka-python kafkajs)
source "$here/install.sh"
source "$here/broker.sh"

against=gregor steps='' record='' clients=()
while [ $# -gt 0 ]; do
  case $1 in
    --against) against=$2; shift 2 ;;
    --steps) steps=$2; shift 2 ;;
    --record) record=1; shift ;;
    -h | --help) sed -n '1d;/^#/!q;p' "$0"; exit 2 ;;
    -*) echo "interop: unknown option $1" >&2; exit 2 ;;
    *) clients+=("$1"); shift ;;
  esac
done
[ ${#clients[@]} -gt 0 ] || clients=("${all[@]}")
mkdir -p "$cache"
bin=$cache/bin
mkdir -p "$bin"

echo "== installing ${clients[*]}"
lacking=0
: >"$bin/drivers"
for c in "${clients[@]}"; do
  if command=$(install "$c"); then printf '%s\t%s\n' "$c" "$command" >>"$bin/drivers"; else lacking=1; fi
done
(cd "$root" && go build -o "$bin/runner" ./test/interop/runner)

KEEP_LOG=$cache/broker.log
start_broker interop "$against"

out=$cache/results.json
rm -f "$out"
if [ -n "$record" ]; then mkdir -p "$here/results"; out=$here/results/$against.json; fi
failed=0
"$bin/runner" -bootstrap "$address" -against "$broker" -drivers "$bin/drivers" -logs "$cache/logs" -steps "$steps" -out "$out" || failed=1
[ -z "$record" ] || (cd "$root" && go run ./test/interop/matrix)
[ $failed = 0 ] || exit 1
[ $lacking = 0 ] || { echo "interop: not all clients could be installed, see above" >&2; exit 3; }
