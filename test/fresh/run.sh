#!/usr/bin/env bash
# The first steps of a new user: a fresh clone, only Go, an empty HOME; `go run ./cmd/gregor`,
# produce, kill -9, start again, consume. Then it measures the time from exec of the built binary to
# its first answer.
#
#   bash test/fresh/run.sh [PORT]
#
# PORT (default 19692) replaces 9092, so that a running broker is not affected. Go's caches are the
# caller's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
port=${1:-19692}
GOMODCACHE=$(go env GOMODCACHE) GOCACHE=$(go env GOCACHE) GOPROXY=$(go env GOPROXY)
export GOMODCACHE GOCACHE GOPROXY GOFLAGS=-mod=readonly
work=$(mktemp -d)
broker=
cleanup() {
  [ -z "$broker" ] || kill -9 -- "-$broker" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
git clone -q . "$work/gregor"
mkdir "$work/home"
export HOME=$work/home KAFKA_LISTENERS=PLAINTEXT://localhost:$port
cd "$work/gregor"

# A process group of its own: go run starts the broker as its child, and kill -9 must reach both.
run() {
  setsid go run ./cmd/gregor >"$work/log" 2>&1 &
  broker=$!
  for _ in $(seq 600); do
    ! grep -q 'Kafka Server started' "$work/log" || return 0
    kill -0 "$broker" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/log"
  exit 1
}

go build -o "$work/bin" ./cmd/gregor
size=$(stat -c %s "$work/bin")
[ "$size" -lt 40000000 ] || { echo "the binary has $size bytes"; exit 1; }
tool() { timeout 60 "$work/bin" "$@" --bootstrap-server "localhost:$port"; }

run
tool topics create greetings --partitions 3
seq 1000 | tool produce greetings
kill -9 -- "-$broker"
wait "$broker" 2>/dev/null || true
broker=
run
tool consume greetings --from-beginning --max-messages 1000 2>/dev/null | sort -n | cmp - <(seq 1000)
[ -f data/meta.properties ] || { echo "no ./data"; exit 1; }
kill -9 -- "-$broker"
wait "$broker" 2>/dev/null || true
broker=

took=$(go run ./test/fresh/firstanswer "$work/bin" "$port")
echo "fresh clone: 1000 records survive kill -9; binary of $size bytes; exec to first answer $took (the bar on a quiet machine is 50 ms)"
