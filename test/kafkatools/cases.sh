# run.sh sources this file. Each section uses topics and groups of its own. call NAME TOOL ARGS...
# runs one tool at $address. $input is its standard input, $filter a command that filters its
# output, $wait a limit in seconds.
all_sections=(topics produce consume offsets groups reset verifiable perf configs cluster)

call() {
  local name=$section.$1 tool=$2 rc=0; shift 2
  local server=(--bootstrap-server "$address")
  [ "$tool" = kafka-producer-perf-test ] && server=()
  timeout "${wait:-60}" "$root/test/peer/kafka-tool" "$tool" ${server[@]+"${server[@]}"} "$@" <<<"${input-}" >"$work/stdout" 2>"$work/stderr" || rc=$?
  {
    echo "\$ $tool $*"
    eval "${filter:-cat}" <"$work/stdout"
    if [ -s "$work/stderr" ]; then echo "-- standard error"; grep -v '^\s*at \|^SLF4J\|^WARNING: ' "$work/stderr" || true; fi
    echo "-- exit $rc"
  } | sed "s#$work#WORK#g" | sed -E -f "$here/mask.sed" >"$out/$name"
}

# quietly runs a tool only for its effect.
quietly() { call "scratch" "$@"; rm -f "$out/$section.scratch"; }

lines() { seq -f "$1%g" "${2:-1}" "${3:-10}"; }

section_topics() {
  local section=topics
  call create kafka-topics --create --topic t1 --partitions 3 --replication-factor 1
  call create-defaults kafka-topics --create --topic t2
  call create-configs kafka-topics --create --topic t3 --partitions 2 --config cleanup.policy=compact --config retention.ms=60000
  call create-assignment kafka-topics --create --topic t4 --replica-assignment 1,1
  call create-again kafka-topics --create --topic t1 --partitions 3
  call create-if-not-exists kafka-topics --create --topic t1 --if-not-exists
  call create-dots kafka-topics --create --topic a.b_c
  call create-bad-name kafka-topics --create --topic 'bad/name'
  call create-bad-config kafka-topics --create --topic t5 --config retention.ms=soon
  call create-unknown-config kafka-topics --create --topic t5 --config no.such.config=1
  call create-replication kafka-topics --create --topic t5 --replication-factor 2
  call create-no-partitions kafka-topics --create --topic t5 --partitions 0
  call create-assignment-unknown kafka-topics --create --topic t5 --replica-assignment 7,8
  call list kafka-topics --list
  call describe-one kafka-topics --describe --topic t1
  filter=sort call describe-all kafka-topics --describe
  call describe-overrides kafka-topics --describe --topics-with-overrides
  call describe-under-replicated kafka-topics --describe --under-replicated-partitions
  call describe-unavailable kafka-topics --describe --unavailable-partitions
  call describe-under-min-isr kafka-topics --describe --under-min-isr-partitions
  call describe-at-min-isr kafka-topics --describe --at-min-isr-partitions --topic t1
  call describe-none kafka-topics --describe --topic nosuch
  call describe-pattern kafka-topics --describe --topic 't[34]'
  call alter-grow kafka-topics --alter --topic t1 --partitions 5
  call alter-shrink kafka-topics --alter --topic t1 --partitions 2
  call alter-same kafka-topics --alter --topic t1 --partitions 5
  call alter-none kafka-topics --alter --topic nosuch --partitions 5
  call describe-grown kafka-topics --describe --topic t1
  call delete kafka-topics --delete --topic t4
  call delete-none kafka-topics --delete --topic t4
  call delete-none-if-exists kafka-topics --delete --topic t4 --if-exists
  call delete-pattern kafka-topics --delete --topic 't[123]'
  call list-after kafka-topics --list
}

section_produce() {
  local section=produce codec
  quietly kafka-topics --create --topic p1 --partitions 1
  input=$(lines plain-) call plain kafka-console-producer --topic p1
  for codec in gzip snappy lz4 zstd; do
    input=$(lines "$codec-" 1 3) call "$codec" kafka-console-producer --topic p1 --compression-codec "$codec"
  done
  input=$'k1:v1\nk2:v2\nk1:v3' call keyed kafka-console-producer --topic p1 --reader-property parse.key=true --reader-property key.separator=:
  input=$'h:1,i:2|k1:v1' call headers kafka-console-producer --topic p1 --reader-property parse.headers=true --reader-property headers.delimiter='|' --reader-property parse.key=true --reader-property key.separator=:
  input=$'k:NULL' call tombstone kafka-console-producer --topic p1 --reader-property parse.key=true --reader-property key.separator=: --reader-property null.marker=NULL
  input=none call acks-0 kafka-console-producer --topic p1 --request-required-acks 0
  input=one call sync kafka-console-producer --topic p1 --sync --request-required-acks 1
  input='no separator' call bad-line kafka-console-producer --topic p1 --reader-property parse.key=true --reader-property key.separator=:
  call read-back kafka-console-consumer --topic p1 --from-beginning --max-messages 29 --timeout-ms 15000 --formatter-property print.key=true --formatter-property print.offset=true --formatter-property print.partition=true --formatter-property print.headers=true
  input=x call not-there kafka-console-producer --topic made-by-sending --command-property max.block.ms=20000
  quietly kafka-topics --create --topic p2 --partitions 1 --config max.message.bytes=1000
  input=$(head -c 5000 /dev/zero | tr '\0' x) call too-large kafka-console-producer --topic p2
}

section_consume() {
  local section=consume
  quietly kafka-topics --create --topic c1 --partitions 1
  quietly kafka-topics --create --topic c3 --partitions 3
  input=$(lines v) quietly kafka-console-producer --topic c1
  input=$(lines v 1 9) quietly kafka-console-producer --topic c3
  call from-beginning kafka-console-consumer --topic c1 --from-beginning --max-messages 10
  call offset kafka-console-consumer --topic c1 --partition 0 --offset 4 --max-messages 3
  call offset-earliest kafka-console-consumer --topic c1 --partition 0 --offset earliest --max-messages 2
  call offset-beyond kafka-console-consumer --topic c1 --partition 0 --offset 400 --timeout-ms 6000
  call time-out kafka-console-consumer --topic c1 --timeout-ms 4000
  call committed kafka-console-consumer --topic c1 --from-beginning --max-messages 10 --isolation-level read_committed
  call print kafka-console-consumer --topic c1 --from-beginning --max-messages 3 --formatter-property print.timestamp=true --formatter-property print.key=true --formatter-property print.offset=true --formatter-property print.partition=true --formatter-property print.epoch=true --formatter-property print.delivery=true
  call group kafka-console-consumer --topic c1 --group c1-group --from-beginning --max-messages 5 --command-property max.poll.records=5
  call group-on kafka-console-consumer --topic c1 --group c1-group --max-messages 5
  filter=sort call three kafka-console-consumer --topic c3 --from-beginning --max-messages 9
  call include kafka-console-consumer --include 'c[1]' --from-beginning --max-messages 10
  call none kafka-console-consumer --topic nosuch/topic --timeout-ms 4000
  call offsets-topic kafka-console-consumer --topic __consumer_offsets --from-beginning --timeout-ms 6000 --formatter org.apache.kafka.tools.consumer.OffsetsMessageFormatter
}

section_offsets() {
  local section=offsets time
  quietly kafka-topics --create --topic o1 --partitions 1
  quietly kafka-topics --create --topic o3 --partitions 3
  input=$(lines v 1 6) quietly kafka-console-producer --topic o1
  input=last quietly kafka-console-producer --topic o1
  for time in -1 -2 -3 -4 -5 -6 latest earliest max-timestamp earliest-local latest-tiered 0 4000000000000; do
    call "time$time" kafka-get-offsets --topic o1 --time "$time"
  done
  call all kafka-get-offsets --topic 'o[0-9]'
  call partitions kafka-get-offsets --topic o3 --partitions 0,2
  call topic-partitions kafka-get-offsets --topic-partitions 'o1,o3:1-3'
  call internal kafka-get-offsets --topic 'o.*' --exclude-internal-topics
  call none kafka-get-offsets --topic nosuch
  printf '{"partitions":[{"topic":"o1","partition":0,"offset":3}],"version":1}' >"$work/delete.json"
  call delete-records kafka-delete-records --offset-json-file "$work/delete.json"
  call earliest-after kafka-get-offsets --topic o1 --time -2
  printf '{"partitions":[{"topic":"o1","partition":0,"offset":99}],"version":1}' >"$work/delete.json"
  call delete-records-beyond kafka-delete-records --offset-json-file "$work/delete.json"
}

# member GROUP TOPIC starts a consumer that stays in its group until leave.
member() {
  "$root/test/peer/kafka-tool" kafka-console-consumer --bootstrap-server "$address" --topic "$2" --group "$1" --from-beginning \
    --command-property client.id=reader --command-property auto.commit.interval.ms=100 >"$work/member.out" 2>&1 &
  member_pid=$!
  for _ in $(seq 300); do [ "$(wc -l <"$work/member.out")" -ge 9 ] && break; sleep 0.1; done
  sleep 1
}
leave() { kill "$member_pid"; wait "$member_pid" || true; }

# table prints a table without its column widths and with sorted rows: Kafka does not define the
# order of partitions.
table() { sed -E 's/console-consumer-[0-9]+/console-consumer-N/' | tr -s ' ' | sed 's/^ //' | LC_ALL=C sort; }

section_groups() {
  local section=groups filter=table
  quietly kafka-topics --create --topic g3 --partitions 3
  local p; for p in 1 2 3; do input=$(lines "v$p-" 1 3) quietly kafka-console-producer --topic g3 --command-property partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner --batch-size 1 --sync; done
  call list-none kafka-consumer-groups --list
  call describe-none kafka-consumer-groups --describe --group nosuch
  member g3-group g3
  call list kafka-consumer-groups --list
  call list-state kafka-consumer-groups --list --state
  call list-state-of kafka-consumer-groups --list --state stable
  call list-type kafka-consumer-groups --list --type
  filter="cut -c1-60 | table" call describe kafka-consumer-groups --describe --group g3-group
  call members kafka-consumer-groups --describe --group g3-group --members
  call members-verbose kafka-consumer-groups --describe --group g3-group --members --verbose
  call state kafka-consumer-groups --describe --group g3-group --state
  call state-verbose kafka-consumer-groups --describe --group g3-group --state --verbose
  call groups-tool kafka-groups --list
  call delete-active kafka-consumer-groups --delete --group g3-group
  call reset-active kafka-consumer-groups --reset-offsets --group g3-group --topic g3 --to-earliest --execute
  call delete-offsets-active kafka-consumer-groups --delete-offsets --group g3-group --topic g3
  leave
  call members-empty kafka-consumer-groups --describe --group g3-group --members
  call state-empty kafka-consumer-groups --describe --group g3-group --state
  call describe-all kafka-consumer-groups --describe --all-groups
  call delete-offsets kafka-consumer-groups --delete-offsets --group g3-group --topic g3:1
  call describe-less kafka-consumer-groups --describe --group g3-group
  call delete-offsets-none kafka-consumer-groups --delete-offsets --group g3-group --topic nosuch
  call delete kafka-consumer-groups --delete --group g3-group
  call delete-again kafka-consumer-groups --delete --group g3-group
  call list-after kafka-consumer-groups --list
}

section_reset() {
  local section=reset filter=table how
  quietly kafka-topics --create --topic r1 --partitions 1
  quietly kafka-topics --create --topic r2 --partitions 2
  input=$(lines v) quietly kafka-console-producer --topic r1
  input=$(lines v) quietly kafka-console-producer --topic r2 --command-property partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner --sync --batch-size 1
  quietly kafka-console-consumer --topic r1 --group r-group --from-beginning --max-messages 6 --command-property max.poll.records=1
  call current kafka-consumer-groups --describe --group r-group
  while IFS='|' read -r how; do
    call "dry${how//[ .:]/-}" kafka-consumer-groups --reset-offsets --group r-group --topic r1 --dry-run $how
  done <<'FORMS'
--to-earliest
--to-latest
--to-current
--to-offset 4
--to-offset 400
--shift-by 2
--shift-by -3
--shift-by 100
--shift-by -100
--to-datetime 2000-01-01T00:00:00.000
--to-datetime 2000-01-01T00:00:00.000Z
--to-datetime 2100-01-01T00:00:00.000+02:00
--to-datetime yesterday
--by-duration P1D
--by-duration PT0S
FORMS
  call no-scenario kafka-consumer-groups --reset-offsets --group r-group --topic r1 --dry-run
  call export kafka-consumer-groups --reset-offsets --group r-group --topic r1 --to-offset 3 --export
  call export-two kafka-consumer-groups --reset-offsets --group r-group --group r-other --topic r1 --to-offset 3 --export
  call execute kafka-consumer-groups --reset-offsets --group r-group --topic r1 --to-offset 3 --execute
  call execute-two-topics kafka-consumer-groups --reset-offsets --group r-group --topic r1 --topic r2:1 --to-earliest --execute
  call after kafka-consumer-groups --describe --group r-group
  call all-topics kafka-consumer-groups --reset-offsets --group r-group --all-topics --to-latest --execute
  call new-group kafka-consumer-groups --reset-offsets --group r-new --topic r2 --to-latest --execute
  call new-group-all-topics kafka-consumer-groups --reset-offsets --group r-newer --all-topics --to-latest --execute
  printf 'r1,0,5\n' >"$work/reset.csv"
  call from-file kafka-consumer-groups --reset-offsets --group r-group --from-file "$work/reset.csv" --execute
  printf '"r-group","r1",0,2\n"r-new","r2",1,1\n' >"$work/reset.csv"
  call from-file-two kafka-consumer-groups --reset-offsets --group r-group --group r-new --from-file "$work/reset.csv" --execute
  call all-groups kafka-consumer-groups --reset-offsets --all-groups --topic r1 --to-earliest --dry-run
  call no-topic kafka-consumer-groups --reset-offsets --group r-group --topic nosuch --to-earliest --execute
  call no-partition kafka-consumer-groups --reset-offsets --group r-group --topic r1:7 --to-earliest --execute
  call after-all kafka-consumer-groups --describe --all-groups
}

section_verifiable() {
  local section=verifiable
  quietly kafka-topics --create --topic v1 --partitions 1
  filter='sed "s/\"avg_throughput\":[0-9.E]*/\"avg_throughput\":N/"' call producer kafka-verifiable-producer --topic v1 --max-messages 20 --acks -1
  filter='sed "s/\"avg_throughput\":[0-9.E]*/\"avg_throughput\":N/"' call producer-acks-0 kafka-verifiable-producer --topic v1 --max-messages 5 --acks 0 --value-prefix 7
  call consumer kafka-verifiable-consumer --topic v1 --group-id v1-group --max-messages 20 --reset-policy earliest --verbose --session-timeout 6000
}

section_perf() {
  local section=perf
  local filter='sed -E "s/[0-9]+(\.[0-9]+)?/N/g; s/NaN/N/g"'
  quietly kafka-topics --create --topic b1 --partitions 1
  call producer kafka-producer-perf-test --topic b1 --num-records 1000 --record-size 100 --throughput -1 --command-property bootstrap.servers="$address" acks=all
  call producer-zstd kafka-producer-perf-test --topic b1 --num-records 1000 --record-size 1000 --throughput -1 --command-property bootstrap.servers="$address" compression.type=zstd
  call consumer kafka-consumer-perf-test --topic b1 --num-records 2000 --group b1-group
}

section_configs() {
  local section=configs
  quietly kafka-topics --create --topic f1 --config retention.ms=60000
  call topic kafka-configs --describe --entity-type topics --entity-name f1
  filter='LC_ALL=C sort' call topic-all kafka-configs --describe --entity-type topics --entity-name f1 --all
  call topic-alter kafka-configs --alter --entity-type topics --entity-name f1 --add-config max.message.bytes=2000,cleanup.policy=[compact,delete]
  call topic-altered kafka-configs --describe --entity-type topics --entity-name f1
  call topic-delete kafka-configs --alter --entity-type topics --entity-name f1 --delete-config retention.ms
  call topic-bad kafka-configs --alter --entity-type topics --entity-name f1 --add-config max.message.bytes=-5
  call topic-unknown kafka-configs --alter --entity-type topics --entity-name f1 --add-config no.such=1
  call topic-none kafka-configs --alter --entity-type topics --entity-name nosuch --add-config max.message.bytes=2000
  call broker-alter kafka-configs --alter --entity-type brokers --entity-name 1 --add-config log.cleaner.threads=2
  call broker kafka-configs --describe --entity-type brokers --entity-name 1
  call broker-default kafka-configs --alter --entity-type brokers --entity-default --add-config message.max.bytes=2000000
  call broker-read-only kafka-configs --alter --entity-type brokers --entity-name 1 --add-config node.id=2
  call brokers kafka-configs --describe --entity-type brokers --entity-default
}

section_cluster() {
  local section=cluster
  filter='sed "s/,$//"' call api-versions kafka-broker-api-versions
  call quorum-status kafka-metadata-quorum describe --status
  quietly kafka-topics --create --topic l1 --partitions 2
  filter='sed "s#\"logDir\":\"[^\"]*\"#\"logDir\":\"DIR\"#; s/Bytes\":[0-9-]*/Bytes\":N/g"' call log-dirs kafka-log-dirs --describe --topic-list l1
  call features kafka-features describe
  call log-dirs-none kafka-log-dirs --describe --topic-list l1 --broker-list 7
  call election kafka-leader-election --election-type preferred --all-topic-partitions
}
