package controller

import (
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TestResourceNamedTwiceIsNotChanged: every occurrence is refused, whichever comes first, and the
// other resources of the request are changed.
func TestResourceNamedTwiceIsNotChanged(t *testing.T) {
	s := newScript(t)
	s.runText("register id=1\n\nheartbeat id=1\n\ncreate topic=t n=1 rf=1\n\ncreate topic=u n=1 rf=1")
	value := "5000"
	names := []string{"t", "u", "t", "t"}
	incremental, replace := &protocol.IncrementalAlterConfigsRequest{}, &protocol.AlterConfigsRequest{}
	for i, name := range names {
		key := []string{"retention.ms", "segment.ms", "retention.bytes", "retention.ms"}[i]
		incremental.Resources = append(incremental.Resources, protocol.IncrementalAlterConfigsRequestAlterConfigsResource{ResourceType: metadata.ResourceTopic,
			ResourceName: name, Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{{Name: key, Value: &value}}})
		replace.Resources = append(replace.Resources, protocol.AlterConfigsRequestResource{ResourceType: metadata.ResourceTopic,
			ResourceName: name, Configs: []protocol.AlterConfigsRequestAlterableConfig{{Name: key, Value: &value}}})
	}
	const refused = "INVALID_REQUEST: Each resource must appear at most once."
	want := []string{refused, "NONE", refused, refused}
	records, r := ask(s, IncrementalAlterConfigs, 1, incremental)
	if len(records) != 1 {
		t.Errorf("IncrementalAlterConfigs writes %v", records)
	}
	for i := range r.Responses {
		if got := errorText(r.Responses[i].ErrorCode, r.Responses[i].ErrorMessage); got != want[i] {
			t.Errorf("IncrementalAlterConfigs, occurrence %d: %s, want %s", i, got, want[i])
		}
	}
	records, a := ask(s, AlterConfigs, 2, replace)
	if len(records) != 1 {
		t.Errorf("AlterConfigs writes %v", records)
	}
	for i := range a.Responses {
		if got := errorText(a.Responses[i].ErrorCode, a.Responses[i].ErrorMessage); got != want[i] {
			t.Errorf("AlterConfigs, occurrence %d: %s, want %s", i, got, want[i])
		}
	}
}

// TestUnknownElectionType compares the answers with those of Apache Kafka 4.4.0.
func TestUnknownElectionType(t *testing.T) {
	s := newScript(t)
	for name, c := range map[string]struct {
		topics  []protocol.ElectLeadersRequestTopicPartitions
		code    int16
		results int
	}{
		"all partitions": {nil, 42, 0},
		"no partition":   {[]protocol.ElectLeadersRequestTopicPartitions{}, 0, 0},
		"some":           {[]protocol.ElectLeadersRequestTopicPartitions{{Topic: "t", Partitions: []int32{0, 7}}, {Topic: "no such"}}, 42, 2},
	} {
		records, r := ask(s, ElectLeaders, 2, &protocol.ElectLeadersRequest{ElectionType: 7, TopicPartitions: c.topics})
		if len(records) != 0 || r.ErrorCode != c.code || len(r.ReplicaElectionResults) != c.results {
			t.Errorf("%s: code %d, %d results, %d records", name, r.ErrorCode, len(r.ReplicaElectionResults), len(records))
		}
		for _, topic := range r.ReplicaElectionResults {
			for _, p := range topic.PartitionResult {
				if got := errorText(p.ErrorCode, p.ErrorMessage); got != "INVALID_REQUEST: Unknown election type 7" {
					t.Errorf("%s: partition %d: %s", name, p.PartitionID, got)
				}
			}
		}
	}
}
