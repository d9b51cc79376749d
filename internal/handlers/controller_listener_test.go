package handlers

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

type noControllers struct{}

func (noControllers) Image() *metadata.Image  { return metadata.Empty() }
func (noControllers) ActiveController() int32 { return -1 }

// TestControllerAnswersOldDescribeCluster: version 0 asks for brokers. It does not know the
// endpoint type, so it gets INVALID_REQUEST.
func TestControllerAnswersOldDescribeCluster(t *testing.T) {
	r := NewRegistry(DescribeControllers(noControllers{}, "c"))
	for version, want := range []protocol.Error{protocol.ErrInvalidRequest, protocol.ErrMismatchedEndpointType, protocol.ErrMismatchedEndpointType} {
		req := kmsg.NewPtrDescribeClusterRequest()
		got := answerOf[*kmsg.DescribeClusterResponse](t, callAs(r, "a", req, int16(version)), req)
		const text = "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER"
		if got.ErrorCode != want.Code() || got.ErrorMessage == nil || *got.ErrorMessage != text {
			t.Errorf("version %d: %d %v", version, got.ErrorCode, got.ErrorMessage)
		}
	}
}
