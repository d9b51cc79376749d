package metadata

import (
	"testing"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/testkit"
)

// FuzzReplay checks that Replay either refuses bytes or makes an image whose records replay into an
// equal image.
func FuzzReplay(f *testing.F) {
	for _, r := range append(topicRecords(1, 2), change(1, 1), &mr.RemoveTopicRecord{TopicID: topicID(1)}, &mr.ClearELRRecord{}) {
		f.Add(must(mr.Marshal(r, RecordVersion(LatestMetadataVersion, r))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		m, _, err := mr.Unmarshal(data)
		if err != nil {
			return
		}
		d := NewDelta(Empty())
		for _, r := range append(topicRecords(1, 2), m) {
			if err := d.Replay(r); err != nil {
				return
			}
		}
		image, err := d.Apply(0, 0)
		if err != nil || image.InTransaction() {
			return
		}
		back, _ := apply(t, Empty(), collect(image)...)
		if len(collect(back)) != len(collect(image)) {
			t.Fatalf("%d records came back as %d", len(collect(image)), len(collect(back)))
		}
	})
}

func collect(m *Image) (records []Record) {
	for r := range m.Records() {
		records = append(records, r)
	}
	return records
}

// must returns the bytes of an encoding that cannot fail.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
