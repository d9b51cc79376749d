#!/usr/bin/env bash
# Compares gregor's command-line tools with Apache Kafka's, call by call: test/cli/cases/*.txt on one broker.
#   test/cli/run.sh TOOLS_JARS HOST:PORT [-v] [case file ...]      (storage.txt wants the jars of the broker)
# TOOLS_JARS is a folder with Apache Kafka's tools and what they need; HOST:PORT is a broker, Apache Kafka's or gregor's.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 2 ] || { sed -n '2,4p' "$0"; exit 2; }
tools=$1 server=$2; shift 2
flags=(); [ "${1:-}" = -v ] && { flags=(-v); shift; }
[ $# -gt 0 ] || set -- test/cli/cases/*.txt
mkdir -p bin && go build -o bin/gregor ./cmd/gregor && go build -o bin/cli-compare ./test/cli/compare
exec bin/cli-compare -tools "$tools" -server "$server" -log4j "${LOG4J:-test/cli/log4j2.xml}" "${flags[@]}" "$@"
