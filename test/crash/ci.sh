#!/usr/bin/env bash
# kill -9 at 25 moments under load. Then it checks that the checker finds each planted fault.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/gregor" ./cmd/gregor
go build -o "$work/crash" ./test/crash
"$work/crash" -bin "$work/gregor" -kills 25 -seed "${SEED:-$RANDOM}"
for fault in lose-tail repeat-batch forget-commits forget-metadata lose-keys skip-read; do
  if "$work/crash" -bin "$work/gregor" -kills 5 -seed 1 -dir "$work/data" -plant "$fault" > "$work/out"; then
    echo "the planted fault $fault was not found"
    exit 1
  fi
  grep -m1 VIOLATION "$work/out" | cut -c1-200 | sed "s/^/planted $fault: /"
  rm -rf "$work/data"
done
