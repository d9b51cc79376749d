package groups_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/groups"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// rig is a broker in this process with a topic of two partitions, 3 and 2 records in them.
type rig struct {
	t     *testing.T
	addr  string
	admin *kadm.Client
}

func newRig(t *testing.T) *rig {
	t.Helper()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	r := &rig{t: t, addr: b.Addr(), admin: kadm.NewClient(cl)}
	if _, err := r.admin.CreateTopic(t.Context(), 2, 1, nil, "pet"); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		rec := &kgo.Record{Topic: "pet", Partition: int32(i % 2), Value: []byte("v"), Timestamp: time.UnixMilli(1_600_000_000_000 + int64(i)*1000)}
		if err := cl.ProduceSync(t.Context(), rec).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// commit sets a group's positions in both partitions.
func (r *rig) commit(group string, offsets ...int64) {
	r.t.Helper()
	os := kadm.Offsets{}
	for p, o := range offsets {
		os.AddOffset("pet", int32(p), o, -1)
	}
	if err := r.admin.CommitAllOffsets(r.t.Context(), group, os); err != nil {
		r.t.Fatal(err)
	}
}

// run calls the tool by Kafka's name.
func (r *rig) run(args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	env := &tool.Env{Name: "kafka-consumer-groups", Args: append([]string{"--bootstrap-server", r.addr}, args...),
		Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Getenv: func(string) string { return "" }, Context: r.t.Context()}
	code = groups.Tool.Run(env)
	return code, strings.ReplaceAll(o.String(), r.addr, "ADDR"), e.String()
}

// want holds output and code of one call.
func (r *rig) want(out, errs string, args ...string) {
	r.t.Helper()
	code, gotOut, gotErrs := r.run(args...)
	if code != 0 || gotOut != out || !strings.Contains(gotErrs, errs) || errs == "" && gotErrs != "" {
		r.t.Errorf("%v: code %d\n--- stdout\n%s--- wanted\n%s--- stderr\n%s--- wanted\n%s", args, code, gotOut, out, gotErrs, errs)
	}
}

func TestListAndDescribe(t *testing.T) {
	r := newRig(t)
	r.want("", "", "--list")
	r.want("GROUP                     STATE               \n", "", "--list", "--state")
	r.commit("g", 3, 1)
	r.want("g\n", "", "--list")
	r.want("GROUP                     TYPE                 STATE               \n"+
		"g                         Classic              Empty               \n", "", "--list", "--state", "stable,EMPTY", "--type")
	r.want("GROUP                     STATE               \n", "", "--list", "--state", "stable")
	idle := "Consumer group 'g' has no active members."
	r.want(`
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
g               pet             0          3               3               0               -               -               -
g               pet             1          1               2               1               -               -               -
`, idle, "--describe", "--group", "g")
	r.want(`
GROUP           TOPIC           PARTITION  LEADER-EPOCH    CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
g               pet             0          -               3               3               0               -               -               -
g               pet             1          -               1               2               1               -               -               -
`, idle, "--describe", "--all-groups", "--offsets", "--verbose")
	r.want("\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     \n", idle, "--describe", "--group", "g", "--members")
	r.want(`
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS
g               ADDR  (1)      -                    Empty                0
`, idle, "--describe", "--group", "g", "--state")
	r.want("\nError: Executing consumer group command failed due to org.apache.kafka.common.errors.GroupIdNotFoundException: Group nope not found.\n",
		"Group nope not found.", "--describe", "--group", "nope")
}

func TestDescribeMembers(t *testing.T) {
	r := newRig(t)
	joined := make(chan struct{}, 10)
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.ConsumerGroup("g"), kgo.ConsumeTopics("pet"), kgo.ClientID("my-client"),
		kgo.InstanceID("number-one"), kgo.Balancers(kgo.RangeBalancer()), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { joined <- struct{}{} }))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	cl.PollFetches(t.Context())
	<-joined
	id := regexp.MustCompile(`number-one-[0-9a-f-]{36}`)
	_, out, _ := r.run("--describe", "--group", "g", "--members", "--verbose")
	want := `
GROUP           CONSUMER-ID                                     GROUP-INSTANCE-ID HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT   
g               ID number-one        /127.0.0.1      my-client       2               -               pet:0,1              -               -                   
`
	if got := id.ReplaceAllString(out, "ID"); got != want {
		t.Errorf("%s", got)
	}
	_, out, _ = r.run("--describe", "--group", "g")
	if got := id.ReplaceAllString(out, "ID"); !strings.Contains(got, "g               pet             1          -               2               -               ID /127.0.0.1      my-client\n") {
		t.Errorf("%s", got)
	}
	_, out, _ = r.run("--reset-offsets", "--group", "g", "--to-earliest", "--topic", "pet", "--execute")
	if !strings.Contains(out, "Assignments can only be reset if the group 'g' is inactive, but the current state is Stable.") {
		t.Errorf("%s", out)
	}
	_, out, _ = r.run("--delete", "--group", "g")
	if !strings.Contains(out, "* Group 'g' could not be deleted due to: org.apache.kafka.common.errors.GroupNotEmptyException: The group is not empty.") {
		t.Errorf("%s", out)
	}
}

// plan is the table of --reset-offsets for partitions 0 and 1, whose order is that of Java's map.
func plan(group, zero, one string) string {
	return "\nGROUP           TOPIC           PARTITION  NEW-OFFSET\n" +
		group + "               pet             0          " + zero + "\n" +
		group + "               pet             1          " + one + "\n"
}

func TestResetOffsets(t *testing.T) {
	r := newRig(t)
	r.commit("g", 2, 1)
	dry := func(out, errs string, args ...string) {
		t.Helper()
		r.want(out, errs, append([]string{"--reset-offsets", "--group", "g", "--dry-run"}, args...)...)
	}
	dry(plan("g", "0", "0"), "", "--to-earliest", "--topic", "pet")
	dry(plan("g", "3", "2"), "", "--to-latest", "--all-topics")
	dry(plan("g", "2", "1"), "", "--to-current", "--topic", "pet:0,1")
	dry(plan("g", "3", "2"), "New offset (9) is higher than latest offset for topic partition pet-0. Value will be set to 3", "--to-offset", "9", "--topic", "pet")
	dry(plan("g", "0", "0"), "New offset (-1) is lower than earliest offset for topic partition pet-1. Value will be set to 0", "--shift-by", "-2", "--topic", "pet")
	dry(plan("g", "1", "1"), "", "--to-datetime", "2020-09-13T12:26:41.001", "--topic", "pet")
	dry(plan("g", "1", "1"), "", "--to-datetime", "2020-09-13T14:26:41.001+02:00", "--topic", "pet")
	late := "\nWarn: Partition 0 from topic pet is empty. Falling back to latest known offset.\n" +
		"\nWarn: Partition 1 from topic pet is empty. Falling back to latest known offset.\n"
	dry(late+plan("g", "3", "2"), "", "--by-duration", "P1D", "--topic", "pet")
	dry(plan("g", "0", "0"), "", "--by-duration", "P10000DT1H", "--topic", "pet")
	dry("pet,0,0\npet,1,0\n\n", "", "--to-earliest", "--topic", "pet", "--export")
	r.want("g,pet,0,3\ng,pet,1,2\n\n", "No action will be performed", "--reset-offsets", "--all-groups", "--to-latest", "--all-topics", "--export")

	file := filepath.Join(t.TempDir(), "plan.csv")
	if err := os.WriteFile(file, []byte("g,pet,0,1\n\"g\",\"pet\",1,0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.want(plan("g", "1", "0"), "", "--reset-offsets", "--group", "g", "--from-file", file, "--execute")
	_, out, _ := r.run("--describe", "--group", "g")
	if !strings.Contains(out, "0          1               3               2") || !strings.Contains(out, "1          0               2               2") {
		t.Errorf("nothing was reset:\n%s", out)
	}
	r.want("\nError: No reset plan for group h found\n\nGROUP           TOPIC           PARTITION  NEW-OFFSET\n", "",
		"--reset-offsets", "--group", "h", "--from-file", file, "--dry-run")
	r.want(plan("n", "3", "2"), "", "--reset-offsets", "--group", "n", "--to-latest", "--topic", "pet", "--execute")
	r.want("\nError: Executing consumer group command failed due to The partitions \"pet-7\" do not exist\n", "do not exist",
		"--reset-offsets", "--group", "g", "--to-latest", "--topic", "pet:7", "--dry-run")
}

func TestDelete(t *testing.T) {
	r := newRig(t)
	r.commit("g", 1, 1)
	r.commit("h", 1, 1)
	r.want("Request succeeded for deleting offsets from group g.\n\nTOPIC           PARTITION  STATUS         \npet             0          Successful     \n", "",
		"--delete-offsets", "--group", "g", "--topic", "pet:0")
	r.want("\nError: Encountered some partition-level error, see the follow-up details.\n\nTOPIC           PARTITION  STATUS         \n"+
		"pet             9          Error: org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.\n", "",
		"--delete-offsets", "--group", "g", "--topic", "pet:9")
	r.want("\nError: Deletion of some consumer groups failed:\n* Group 'nope' could not be deleted due to: org.apache.kafka.common.errors.GroupIdNotFoundException: The group id does not exist.\n"+
		"\nThese consumer groups were deleted successfully: 'h'\n", "", "--delete", "--group", "h", "--group", "nope")
	r.want("Deletion of requested consumer groups ('g') was successful.\n", "", "--delete", "--all-groups")
	r.want("", "", "--list")
}

func TestCommandLine(t *testing.T) {
	r := &rig{t: t, addr: "127.0.0.1:1"}
	for args, want := range map[string]string{
		"":                                       "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex",
		"--describe":                             "Option [describe] takes one of these options: [group], [all-groups]",
		"--list --group g":                       `Option "[group]" can't be used with option "[list]"`,
		"--describe --group g --members --state": "Option [describe] takes at most one of these options: [members], [offsets], [state]",
		"--describe --group g --state stable":    "Option [describe] does not take a value for [state]",
		"--delete --group g --topic t":           "The consumer does not support topic-specific offset deletion from a consumer group.",
		"--delete-offsets --group g":             "Option [delete-offsets] takes the following options: [group], [topic]",
		"--reset-offsets --group g --dry-run --execute":                          "Option [reset-offsets] only accepts one of [execute] and [dry-run]",
		"--reset-offsets --group g --to-latest --to-earliest --export --dry-run": `Option "[to-earliest]" can't be used with option "[to-latest]"`,
		"--list --state bogus": "Invalid state list 'bogus'. Valid states are: ",
		"--list --type share":  "Invalid types list 'share'. Valid types are: ",
	} {
		if code, _, errs := r.run(strings.Fields(args)...); code != 1 || !strings.HasPrefix(errs, want) {
			t.Errorf("%q: %d, %.200s; wanted %s", args, code, errs, want)
		}
	}
}
