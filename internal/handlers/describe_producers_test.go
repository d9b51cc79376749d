package handlers

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
)

type noProducers struct{ image *metadata.Image }

func (noProducers) Producers(string, int32) ([]storage.ProducerState, protocol.Error) {
	return nil, protocol.ErrUnknownTopicOrPartition
}
func (p noProducers) Image() *metadata.Image { return p.image }

// The texts are Apache Kafka's. A partition beyond the last one of a topic has none.
func TestDescribeProducersOfAnUnknownTopic(t *testing.T) {
	for topic, want := range map[string]struct {
		code int16
		text string
	}{
		"t":    {3, ""},
		"nope": {3, "This server does not host this topic-partition."},
		"a b":  {17, "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"},
		"":     {17, "Topic name is invalid: the empty string is not allowed"},
	} {
		req := kmsg.NewPtrDescribeProducersRequest()
		asked := kmsg.NewDescribeProducersRequestTopic()
		asked.Topic, asked.Partitions = topic, []int32{9}
		req.Topics = append(req.Topics, asked)
		r := NewRegistry(DescribeProducers(noProducers{dataImage(t, map[string][16]byte{})}))
		got := answerOf[*kmsg.DescribeProducersResponse](t, callAs(r, "c", req, 0), req).Topics[0].Partitions[0]
		text := ""
		if got.ErrorMessage != nil {
			text = *got.ErrorMessage
		}
		if got.ErrorCode != want.code || text != want.text || (got.ErrorMessage == nil) != (want.text == "") {
			t.Errorf("%q: %d %q", topic, got.ErrorCode, text)
		}
	}
}
