#!/usr/bin/env bash
# Fuzzes every target of the repository, each for a while:
#
#   bash test/fuzz/run.sh [-j N] [-k N] [DURATION] [REGEX]
#
#   DURATION  the time of each target, in Go's form (default 10m)
#   REGEX     only targets whose folder, package or name matches, for example storage or
#             FuzzServe (default all)
#   -j N      the number of concurrent targets (default 1), which share the processors
#   -k N      the number of new inputs that each target keeps in testdata/fuzz (default 24)
#
# It prints one line per target: inputs run, new inputs, PASS or FAIL. A failing input stays in the
# target's testdata/fuzz, and go test runs it from then on. The smallest new inputs also go there.
# All inputs stay in Go's build cache, and the next run begins with them. The bounds of time apply
# (GREGOR_FUZZ_TIMED) unless that variable is set to empty, as it should be on a busy machine. It
# exits with 1 if any target fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

jobs=1 keep=24
while getopts j:k: flag; do
  case $flag in
    j) jobs=$OPTARG ;;
    k) keep=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
export duration=${1:-10m} keep
only=${2:-.}
export workers=$(($(nproc) / jobs))
[ "$workers" -ge 1 ] || workers=1
export GREGOR_FUZZ_TIMED=${GREGOR_FUZZ_TIMED-1}
corpus=$(go env GOCACHE)/fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export corpus work

# A target is a folder, a package and a name.
targets() {
  go list -f '{{$p := .}}{{range .TestGoFiles}}{{$p.Dir}} {{$p.ImportPath}} {{.}}
{{end}}{{range .XTestGoFiles}}{{$p.Dir}} {{$p.ImportPath}} {{.}}
{{end}}' ./... | while read -r dir package file; do
    sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$dir/$file" | while read -r name; do
      echo ".${dir#"$PWD"} $package $name"
    done
  done
}

# keep_seeds copies the smallest new inputs to the seeds, up to the limit of a target.
keep_seeds() {
  local dir=$1/testdata/fuzz/$3 cache=$corpus/$2/$3 room
  [ -d "$cache" ] || return 0
  room=$((keep - $(find "$dir" -type f 2>/dev/null | wc -l)))
  [ "$room" -gt 0 ] || return 0
  find "$cache" -type f -newer "$4" -size -2049c -printf '%s %p\n' | sort -n | awk -v n="$room" 'NR <= n {print $2}' |
    while read -r input; do
      mkdir -p "$dir"
      cp -n "$input" "$dir/"
    done
}

fuzz_one() {
  local dir=$1 package=$2 name=$3 log result=PASS why=''
  log=$work/${dir//\//_}.$name
  touch "$log.began"
  if ! go test "$dir" -run '^$' -fuzz "^$name\$" -fuzztime "$duration" -fuzzminimizetime 1000x -parallel "$workers" >"$log" 2>&1; then
    # The end of the time is no failure. Go sometimes reports it as one.
    if grep -q 'context deadline exceeded' "$log" && ! grep -Eq 'Failing input written|failure while testing|panic:' "$log"; then
      why=' (stopped by the clock)'
    else
      result=FAIL
    fi
  fi
  keep_seeds "$dir" "$package" "$name" "$log.began"
  local last
  last=$(grep -E '^fuzz: elapsed: .*execs: ' "$log" | tail -n 1)
  printf '%-24s %-26s %10s inputs %6s new  %s%s\n' "$dir" "$name" "$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' <<<"$last")" \
    "$(sed -n 's/.*new interesting: \([0-9]*\).*/\1/p' <<<"$last")" "$result" "$why"
  if [ "$result" = FAIL ]; then
    grep -v '^fuzz: elapsed' "$log" | head -n 60 | sed 's/^/    /'
    return 1
  fi
}
export -f fuzz_one keep_seeds

mapfile -t list < <(targets | grep -E -- "$only" || true)
[ "${#list[@]}" -gt 0 ] || { echo "no target matches $only" >&2; exit 2; }
failed=0
printf '%s\n' "${list[@]}" | xargs -P "$jobs" -L 1 bash -c 'fuzz_one "$@"' fuzz_one || failed=1
echo "${#list[@]} targets, $duration each"
exit "$failed"
