package topics

import (
	"io"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// described prints topics as the command line asks. Broker 9 does not live.
func described(t *testing.T, topics []*topic, args ...string) string {
	t.Helper()
	var out strings.Builder
	e := &tool.Env{Name: "kafka-topics", Args: append([]string{"--bootstrap-server", "127.0.0.1:1", "--describe"}, args...), Stdout: &out, Stderr: io.Discard}
	o, err := parse(e)
	if err != nil {
		t.Fatal(err)
	}
	c := &command{options: o, env: e}
	for _, topic := range topics {
		c.print(topic, []int32{1, 2, 3})
	}
	return out.String()
}

// TestDescribeReports checks which partitions of a larger cluster the reports list. The scripts run
// against a single broker, which has no such partitions.
func TestDescribeReports(t *testing.T) {
	setting := kmsg.NewDescribeConfigsResponseResourceConfig()
	setting.Name, setting.Value, setting.Source = "min.insync.replicas", kmsg.StringPtr("2"), kmsg.ConfigSourceDynamicTopicConfig
	all := []int32{1, 2, 3}
	topics := []*topic{
		{name: "t", configs: []kmsg.DescribeConfigsResponseResourceConfig{setting}, partitions: []partition{
			{id: 0, leader: 1, replicas: all, isr: all},
			{id: 1, leader: 1, replicas: all, isr: []int32{1, 2}},
			{id: 2, leader: 1, replicas: all, isr: []int32{1}},
			{id: 3, leader: -1, replicas: all, isr: []int32{3}},
			{id: 4, leader: 9, replicas: []int32{9, 1}, isr: []int32{9, 1}},
		}},
		{name: "moving", partitions: []partition{
			{id: 0, leader: 1, replicas: []int32{1, 2, 3}, isr: []int32{1, 2}},
			{id: 1, leader: 1, replicas: []int32{1, 2, 3}, isr: []int32{1, 2}},
		}},
	}
	// Partition 1 moves from 1,2 to 2,3. Broker 3 is new, so its lag is no fault.
	rp := kmsg.NewListPartitionReassignmentsResponseTopicPartition()
	rp.Partition, rp.Replicas, rp.AddingReplicas, rp.RemovingReplicas = 1, []int32{1, 2, 3}, []int32{3}, []int32{1}
	mark(topics, "moving", rp)
	mark(topics, "other", rp)
	for _, c := range []struct{ report, want string }{
		{"--under-replicated-partitions", "t-1 t-2 t-3 moving-0"},
		{"--unavailable-partitions", "t-3 t-4"},
		{"--under-min-isr-partitions", "t-2 t-3"},
		{"--at-min-isr-partitions", "t-1 t-4"},
		{"", "t-0 t-1 t-2 t-3 t-4 moving-0 moving-1"},
		{"--topics-with-overrides", ""},
	} {
		out := described(t, topics, strings.Fields(c.report)...)
		var got []string
		for line := range strings.Lines(out) {
			words := strings.Fields(line)
			if len(words) > 3 && words[2] == "Partition:" {
				got = append(got, words[1]+"-"+words[3])
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s lists %v, want %s", c.report, got, c.want)
		}
		heads := strings.Count(out, "PartitionCount: ")
		if want := map[string]int{"": 2, "--topics-with-overrides": 1}[c.report]; heads != want {
			t.Errorf("%s prints the head of %d topics, want %d\n%s", c.report, heads, want, out)
		}
	}
	out := described(t, topics[1:])
	if !strings.Contains(out, "Adding Replicas: 3") || !strings.Contains(out, "Removing Replicas: 1") {
		t.Errorf("the move is not shown:\n%s", out)
	}
}
