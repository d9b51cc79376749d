#!/usr/bin/env bash
# Runs a Spring Boot application with only the address, and with the settings of common guides
# (src/full.properties):
#   bash test/spring/run.sh [--against gregor|kafka|HOST:PORT]
#       [BOOT[:KAFKA-CLIENTS[:SPRING-KAFKA]] ...]
# The application creates a topic by a NewTopic bean, sends by KafkaTemplate, and receives by
# @KafkaListener with three threads. An AdminClient reads the committed offsets. It needs a JDK 17
# and Maven, and fetches jars once into ${XDG_CACHE_HOME:-~/.cache}/gregor-spring.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gregor-spring
against=gregor versions=()
while [ $# -gt 0 ]; do
  case $1 in
    --against) against=$2; shift 2 ;;
    -*) sed -n '2,5p' "$0"; exit 2 ;;
    *) versions+=("$1"); shift ;;
  esac
done
[ ${#versions[@]} -gt 0 ] || versions=(4.1.0 3.5.8 3.1.1 3.1.1:3.3.2 2.2.13.RELEASE:2.4.1:2.4.12.RELEASE)
command -v mvn >/dev/null && command -v javac >/dev/null || { echo "spring: missing: apt-get install -y openjdk-17-jdk-headless maven" >&2; exit 3; }
source "$root/test/interop/broker.sh"
start_broker spring "$against"

fetch() { # fetch VERSION prints its folder
  local boot=${1%%:*} dir=$cache/${1//:/-} group=org.springframework.kafka artifact=spring-kafka extra=()
  case $boot in 4.*) group=org.springframework.boot artifact=spring-boot-starter-kafka ;; esac
  case $1 in
    *:*:*) extra=(-Dclients.version="$(cut -d: -f2 <<<"$1")" -Dspring.kafka.version="${1##*:}") ;;
    *:*) extra=(-Dclients.version="${1##*:}") ;;
  esac
  if [ ! -e "$dir/.complete" ]; then
    mkdir -p "$dir"
    mvn -q -B -f "$here/pom.xml" -Dboot.version="$boot" -Dkafka.group=$group -Dkafka.artifact=$artifact "${extra[@]}" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$dir/jars" >"$dir/mvn.log" 2>&1 || { tail -5 "$dir/mvn.log" >&2; return 1; }
    touch "$dir/.complete"
  fi
  javac -nowarn -proc:none -Xlint:none --release "$(case $boot in 2.*) echo 8 ;; *) echo 17 ;; esac)" -parameters -cp "$dir/jars/*" -d "$dir/classes" "$here/src/sample/Sample.java" >&2
  echo "$dir"
}

passed=0 failed=0 lacking=0
for v in "${versions[@]}"; do
  dir=$(fetch "$v") || { echo "spring: cannot fetch Spring Boot $v" >&2; lacking=1; continue; }
  kafka=$(cd "$dir/jars" && ls spring-kafka-[0-9]*.jar kafka-clients-*.jar | sed 's/\.jar//' | paste -sd' ')
  for settings in address guides; do
    name=spring-${v//[:.]/-}-$settings-$$
    options=(--spring.main.banner-mode=off)
    [ $settings = address ] || options+=(--spring.config.location="file:$here/src/full.properties")
    rc=0
    java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --add-opens java.base/java.lang=ALL-UNNAMED -Dspring.kafka.bootstrap-servers="$address" \
      -Dsample.topic="$name" -Dsample.group="$name" -cp "$dir/classes:$dir/jars/*" sample.Sample "${options[@]}" >"$dir/$settings.log" 2>&1 || rc=$?
    want=$'sent 100\nreceived 100\ncommitted 100 in 3 partitions'
    [ $settings = address ] || want=$'sent 100\nreceived 100\nidle event true\ncommitted 100 in 3 partitions'
    got=$(grep -E '^(sent|received|idle event|committed|twice|key|header) ' "$dir/$settings.log" || true)
    if [ "$got" = "$want" ] && [ $rc = 0 ]; then
      passed=$((passed + 1)); echo "passed: Spring Boot $v ($kafka), $settings"
    else
      failed=$((failed + 1)); echo "FAILED: Spring Boot $v ($kafka), $settings, exit $rc, see $dir/$settings.log"; printf '%s\n' "$got" | sed 's/^/    /'
    fi
  done
done
printf '\n%d passed, %d failed\n' $passed $failed
[ $failed = 0 ] || exit 1
[ $lacking = 0 ] || exit 3
