package quorum

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// A decision with a record that cannot be encoded fails, and nothing of it is written.
func TestRecordThatCannotBeEncoded(t *testing.T) {
	n := openAlone(t)
	end := n.c.Status().LogEndOffset
	value := "100"
	change := func(name string) protocol.IncrementalAlterConfigsRequestAlterConfigsResource {
		return protocol.IncrementalAlterConfigsRequestAlterConfigsResource{ResourceType: metadata.ResourceClientMetrics, ResourceName: name,
			Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{{Name: "interval.ms", Value: &value}}}
	}
	r := call(n, controller.IncrementalAlterConfigs, 1, &protocol.IncrementalAlterConfigsRequest{
		Resources: []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{change("fine"), change(strings.Repeat("\uFFFD", 20000))}})
	for _, x := range r.Responses {
		if protocol.Error(x.ErrorCode) != protocol.ErrUnknownServerError {
			t.Errorf("%.20s: %d", x.ResourceName, x.ErrorCode)
		}
	}
	if s := n.c.Status(); len(r.Responses) != 2 || s.LogEndOffset != end || len(n.c.Image().Configs(metadata.ResourceClientMetrics, "fine")) != 0 {
		t.Errorf("%d answers, the log ends at %d and not at %d", len(r.Responses), s.LogEndOffset, end)
	}
}
