package protocol_test

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Valid requests with thousands of short names decode: their structs take more memory than 8 times
// the message.
func TestManyShortNamesDecode(t *testing.T) {
	fetch := protocol.New[protocol.OffsetFetchRequest]()
	for i := range 5000 {
		fetch.Groups = append(fetch.Groups, protocol.OffsetFetchRequestRequestGroup{GroupID: fmt.Sprintf("%03x", i)})
	}
	if err := protocol.New[protocol.OffsetFetchRequest]().Decode(encode(fetch, 8), 8); err != nil {
		t.Error(err)
	}
	metadata := protocol.New[protocol.MetadataRequest]()
	for i := range 9000 {
		name := fmt.Sprintf("%x", i%4096)
		metadata.Topics = append(metadata.Topics, protocol.MetadataRequestRequestTopic{Name: &name})
	}
	for v := int16(0); v <= 9; v++ {
		if err := protocol.New[protocol.MetadataRequest]().Decode(encode(metadata, v), v); err != nil {
			t.Errorf("Metadata v%d: %v", v, err)
		}
	}
}
