#!/usr/bin/env bash
# Compares gregor's command-line tools with Apache Kafka's, call by call (cases/*.txt):
#   bash test/cli/run.sh [--against gregor|kafka|HOST:PORT] [-v] [case file ...]
#       both sides on one broker
#   bash test/cli/run.sh --against both
#       Apache Kafka's tools on Apache Kafka, gregor's on gregor
# It needs a JDK 17 and Maven (test/peer). README.md describes the cases and the permanent
# differences.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
against=gregor flags=() files=()
while [ $# -gt 0 ]; do
  case $1 in
    --against) against=$2; shift 2 ;;
    -v) flags=(-v); shift ;;
    -*) sed -n '1d;/^#/!q;p' "$0"; exit 2 ;;
    *) files+=("$(realpath "$1")"); shift ;;
  esac
done
[ ${#files[@]} -gt 0 ] || files=("$here"/cases/*.txt)
jars() (source "$root/test/peer/env.sh"; if [ "$1" = tools ]; then jars "$TOOLS_VERSION" tools; else jars "$KAFKA_VERSION"; fi)
tools=$(jars tools) core=$(jars broker)
cd "$root" && mkdir -p bin && go build -o bin/gregor ./cmd/gregor && go build -o bin/cli-compare ./test/cli/compare
compare() { bin/cli-compare -batch "$here/Batch.java" -log4j "$here/log4j2.xml" "${flags[@]}" "$@"; }

offline=() online=()
for f in "${files[@]}"; do if [ "$(basename "$f")" = storage.txt ]; then offline+=("$f"); else online+=("$f"); fi; done
status=0
if [ ${#offline[@]} -gt 0 ]; then compare -tools "$core" "${offline[@]}" || status=1; fi
if [ ${#online[@]} -gt 0 ]; then
  source "$root/test/interop/broker.sh"
  second=()
  if [ "$against" = both ]; then
    start_broker cli kafka
    kafka=$address kafka_work=$work
    start_broker cli gregor
    second=(-gregor-server "$address") address=$kafka
    trap 'stop_broker; rm -rf "$kafka_work"' EXIT
  else
    start_broker cli "$against"
  fi
  compare -tools "$tools" -server "$address" "${second[@]}" "${online[@]}" || status=1
fi
exit $status
