package broker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// A start names the quotas that Apache Kafka has stored, unless they are removed.
func TestQuotasWithoutEffectAreNamed(t *testing.T) {
	entity := []mr.ClientQuotaRecordEntityData{{EntityType: "client-id"}}
	for _, c := range []struct {
		records []mr.ClientQuotaRecord
		want    string
	}{
		{nil, ""},
		{[]mr.ClientQuotaRecord{{Entity: entity, Key: "producer_byte_rate", Value: 1}, {Entity: entity, Key: "consumer_byte_rate", Value: 2}}, "quotas=2"},
		{[]mr.ClientQuotaRecord{{Entity: entity, Key: "producer_byte_rate", Value: 1}, {Entity: entity, Key: "producer_byte_rate", Remove: true}}, ""},
	} {
		d := metadata.NewDelta(metadata.Empty())
		for _, r := range c.records {
			if err := d.Replay(&r); err != nil {
				t.Fatal(err)
			}
		}
		image, err := d.Apply(1, 1)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		n := &Node{log: slog.New(slog.NewTextHandler(&log, nil))}
		n.warnOfQuotas(image)
		if got := log.String(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("the log is %q, want %q", got, c.want)
		}
	}
}
