package offsets

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// answer is the offset of a partition, or why it is not known.
type answer struct {
	offset int64
	err    error
}

// noLeader is the error of a partition without a leader. Kafka's client looks for the leader until
// its time is over, and then words the error so.
type noLeader struct{}

func (noLeader) Error() string {
	return "Timed out waiting for a node assignment. Call: listOffsets(api=METADATA)"
}

// Exception implements tool.Exception.
func (e noLeader) Exception() string {
	return "org.apache.kafka.common.errors.TimeoutException: " + e.Error()
}

// Plain implements tool.Plain.
func (noLeader) Plain() string { return "the partition has no leader" }

// leaderless returns the partitions without a leader.
func leaderless(md *kmsg.MetadataResponse) map[partition]bool {
	none := map[partition]bool{}
	for _, t := range md.Topics {
		for _, p := range t.Partitions {
			if p.Leader < 0 {
				none[partition{*t.Topic, p.Partition}] = true
			}
		}
	}
	return none
}

// list asks the leaders for the offsets. One leader that does not answer hides no other partition.
func list(e *tool.Env, cl *client.Client, req *kmsg.ListOffsetsRequest, none map[partition]bool) map[partition]answer {
	found := map[partition]answer{}
	var led []kmsg.ListOffsetsRequestTopic
	for _, t := range req.Topics {
		parts := t.Partitions
		t.Partitions = nil
		for _, p := range parts {
			if tp := (partition{t.Topic, p.Partition}); none[tp] {
				found[tp] = answer{err: noLeader{}}
				continue
			}
			t.Partitions = append(t.Partitions, p)
		}
		if len(t.Partitions) > 0 {
			led = append(led, t)
		}
	}
	if req.Topics = led; len(led) == 0 {
		return found
	}
	for _, s := range client.AskSharded(e.Ctx(), cl, req) {
		if s.Err != nil {
			for _, t := range s.Req.(*kmsg.ListOffsetsRequest).Topics {
				for _, p := range t.Partitions {
					found[partition{t.Topic, p.Partition}] = answer{err: client.Unreachable("listOffsets", s.Err)}
				}
			}
			continue
		}
		for _, t := range s.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range t.Partitions {
				found[partition{t.Topic, p.Partition}] = answer{p.Offset, client.Err(p.ErrorCode, nil)}
			}
		}
	}
	return found
}
