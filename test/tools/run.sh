#!/usr/bin/env bash
# Apache Kafka's own command-line tools against gregor, held to what they say of Apache Kafka:
#   bash test/tools/run.sh [--against gregor|HOST:PORT] [section ...]     compares with expected/
#   bash test/tools/run.sh --record                                      asks Apache Kafka 4.4 and writes expected/
# Every call of cases.sh leaves its standard output, standard error and exit status, masked (mask.sed: addresses, ids, times, rates).
# What may differ is in differences/NAME, a reason and the diff; a difference that is not there fails, and one that has gone too.
# Needs a JDK 17 and Maven (test/peer).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
against=gregor record='' sections=()
while [ $# -gt 0 ]; do
  case $1 in
    --against) against=$2; shift 2 ;;
    --record) record=1 against=kafka; shift ;;
    -*) sed -n '2,7p' "$0"; exit 2 ;;
    *) sections+=("$1"); shift ;;
  esac
done
source "$root/test/interop/broker.sh"
start_broker tools "$against"
out=$work/out
mkdir -p "$out"
export KAFKA_HEAP_OPTS=-Xmx256m PEER_JIT=1 PEER_LOG=ERROR
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
  name=$(basename "$f")
  if d=$(diff -U0 "$here/expected/$name" "$f" | tail -n +3); then
    if [ -e "$here/differences/$name" ]; then differ=$((differ + 1)); echo "$name no longer differs: remove differences/$name"; else same=$((same + 1)); fi
  elif [ -e "$here/differences/$name" ] && [ "$(tail -n +3 "$here/differences/$name")" = "$d" ]; then
    known=$((known + 1))
  else
    differ=$((differ + 1))
    echo "-- $name differs (- Apache Kafka, + $broker):"
    printf '%s\n' "$d"
    if [ -n "${DIFFERENCES:-}" ]; then mkdir -p "$DIFFERENCES"; printf '%s\n' "$d" >"$DIFFERENCES/$name"; fi
  fi
done
echo "$known known differences, see test/tools/differences"
printf '\n%d passed, %d failed\n' $((same + known)) $differ
[ $differ = 0 ]
