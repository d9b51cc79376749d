package quorum

import (
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

func TestFencedBrokersAreCounted(t *testing.T) {
	var s Stats
	s.noteFenced([]metadata.Record{
		&mr.BrokerRegistrationChangeRecord{BrokerID: 1, Fenced: metadata.ChangeFence},
		&mr.BrokerRegistrationChangeRecord{BrokerID: 2},
		&mr.NoOpRecord{},
	})
	if n := s.SessionsEnded.Load(); n != 1 {
		t.Fatal(n)
	}
}
