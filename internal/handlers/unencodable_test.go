package handlers

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// answers registers an API that gives one answer to every request.
func answers[T any, P request[T]](version int16, m protocol.Message) *Registry {
	return NewRegistry(NewAPI(version, version, func(c *Ctx, _ P) { c.Respond(m) }))
}

func longText() *string {
	s := strings.Repeat("ż", wire.MaxString/2+1)
	return &s
}

// An error message is cut between two characters, and the error code stays.
func TestLongErrorMessageIsShortened(t *testing.T) {
	for _, version := range []int16{4, 7} {
		m := protocol.New[protocol.CreateTopicsResponse]()
		m.Topics = []protocol.CreateTopicsResponseCreatableTopicResult{{Name: "t", ErrorCode: 17, ErrorMessage: longText()}}
		req := kmsg.NewPtrCreateTopicsRequest()
		got := answerOf[*kmsg.CreateTopicsResponse](t, callAs(answers[protocol.CreateTopicsRequest](version, m), "c", req, version), req).Topics[0]
		if got.ErrorCode != 17 || len(*got.ErrorMessage) != wire.MaxString-1 || !utf8.ValidString(*got.ErrorMessage) {
			t.Errorf("version %d: error %d, %d bytes", version, got.ErrorCode, len(*got.ErrorMessage))
		}
	}
}

// An answer with a string that does not fit is UNKNOWN_SERVER_ERROR: in the code of the whole
// answer, or else for each element of the request.
func TestAnswerThatDoesNotFitIsAnError(t *testing.T) {
	join := protocol.New[protocol.JoinGroupResponse]()
	join.GenerationID, join.MemberID, join.Leader = 3, *longText(), "m"
	for _, version := range []int16{0, 5, 9} {
		req := kmsg.NewPtrJoinGroupRequest()
		got := answerOf[*kmsg.JoinGroupResponse](t, callAs(answers[protocol.JoinGroupRequest](version, join), "c", req, version), req)
		if got.ErrorCode != -1 || got.Generation != -1 || got.MemberID != "" || got.LeaderID != "" {
			t.Errorf("version %d: %+v", version, got)
		}
	}
	for _, version := range []int16{1, 4} {
		configs := protocol.New[protocol.DescribeConfigsResponse]()
		configs.Results = []protocol.DescribeConfigsResponseResult{
			{ResourceType: 4, ResourceName: "1", Configs: []protocol.DescribeConfigsResponseResourceResult{{Name: "k", Value: longText()}}}}
		req := kmsg.NewPtrDescribeConfigsRequest()
		got := answerOf[*kmsg.DescribeConfigsResponse](t, callAs(answers[protocol.DescribeConfigsRequest](version, configs), "c", req, version), req).Resources[0]
		if got.ErrorCode != -1 || got.ErrorMessage == nil || got.ResourceType != 4 || got.ResourceName != "1" || len(got.Configs) != 0 {
			t.Errorf("version %d: %+v", version, got)
		}
	}
}

// When the name of an element does not fit, no answer can be made, and the connection is closed.
func TestNameThatDoesNotFitClosesTheConnection(t *testing.T) {
	m := protocol.New[protocol.MetadataResponse]()
	m.Topics = []protocol.MetadataResponseResponseTopic{{Name: longText(), ErrorCode: 17}}
	got := callAs(answers[protocol.MetadataRequest](9, m), "c", kmsg.NewPtrMetadataRequest(), 9)
	if got.Frame != nil || !strings.Contains(got.Closed, "too long") {
		t.Errorf("%q, %d bytes", got.Closed, len(got.Frame))
	}
}
