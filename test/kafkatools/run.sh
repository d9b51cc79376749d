#!/usr/bin/env bash
# Runs Apache Kafka's own command-line tools against gregor, and compares with their output against
# Apache Kafka:
#   bash test/kafkatools/run.sh [--against gregor|HOST:PORT] [section ...]
#       compares with expected/
#   bash test/kafkatools/run.sh --record
#       records Apache Kafka 4.4 in expected/
# The results of a call of cases.sh are its standard output, standard error and exit status, masked
# by mask.sed (addresses, ids, times, rates). differences/NAME holds an allowed difference with its
# reason. Any other difference fails.
# It needs a JDK 17 and Maven (test/peer).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
against=gregor record='' sections=()
while [ $# -gt 0 ]; do
  case $1 in
    --against) against=$2; shift 2 ;;
    --record) record=1 against=kafka; shift ;;
    -*) sed -n '1d;/^#/!q;p' "$0"; exit 2 ;;
    *) sections+=("$1"); shift ;;
  esac
done
source "$root/test/interop/broker.sh"
# The file names the voters, as test/peer does it for Apache Kafka.
controller=$(free_port)
options=()
[ "$against" != gregor ] || options=("listeners=PLAINTEXT://127.0.0.1:PORT,CONTROLLER://127.0.0.1:$controller" controller.listener.names=CONTROLLER
  listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT "controller.quorum.voters=1@127.0.0.1:$controller"
  advertised.listeners=PLAINTEXT://127.0.0.1:PORT)
start_broker tools "$against" ${options[@]+"${options[@]}"}
out=$work/out
mkdir -p "$out"
export PEER_JIT=1 PEER_LOG=ERROR
# An archive of loaded classes halves the start of each tool.
archive=${XDG_CACHE_HOME:-$HOME/.cache}/gregor-tools.jsa
if [ ! -e "$archive" ]; then
  KAFKA_HEAP_OPTS="-XX:ArchiveClassesAtExit=$archive" "$root/test/peer/kafka-tool" kafka-consumer-groups --bootstrap-server "$address" --list >/dev/null 2>&1 || true
fi
export KAFKA_HEAP_OPTS="-Xmx256m -XX:SharedArchiveFile=$archive -Xshare:auto"
source "$here/cases.sh"
[ ${#sections[@]} -gt 0 ] || sections=("${all_sections[@]}")
for s in "${sections[@]}"; do
  echo "== $s"
  "section_$s"
done

if [ -n "$record" ]; then
  mkdir -p "$here/expected"
  for s in "${sections[@]}"; do rm -f "$here/expected/$s."*; done
  cp "$out"/* "$here/expected/"
  echo "recorded $(ls "$out" | wc -l) calls"
  exit
fi
same=0 differ=0 known=0
for f in "$out"/*; do
  name=$(basename "$f") allowed=$here/differences/$(basename "$f")
  if [ ! -e "$here/expected/$name" ]; then
    differ=$((differ + 1)); echo "-- $name was never recorded: run.sh --record ${name%%.*}"
  elif d=$(diff -U0 "$here/expected/$name" "$f" | tail -n +3); then
    same=$((same + 1))
    [ ! -e "$allowed" ] || echo "-- $name no longer differs: remove differences/$name"
  elif [ -e "$allowed" ] && ! grep -v '^@@' <<<"$d" | grep -qvEf <(tail -n +2 "$allowed"); then
    known=$((known + 1)); echo "-- $name differs as known: $(head -1 "$allowed")"
  else
    differ=$((differ + 1)); printf '%s\n' "-- $name differs (- Apache Kafka, + $broker):" "$d"
  fi
done
printf '\n%d passed, %d failed\n' $((same + known)) $differ
[ $differ = 0 ]
