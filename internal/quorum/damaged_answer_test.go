package quorum

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// damaging answers each fetch with bytes that are no batch.
type damaging struct {
	queue []func()
	calls int
}

func (d *damaging) Send(to int32, _ []kraft.Endpoint, r kraft.RequestBody, done func(kraft.ResponseBody, kraft.Failure)) {
	if _, ok := r.(*kraft.FetchRequest); !ok {
		d.queue = append(d.queue, func() { done(nil, kraft.TimedOut) })
		return
	}
	d.calls++
	d.queue = append(d.queue, func() {
		done(&kraft.FetchResponse{Leader: kraft.Leader{ID: 2, Epoch: 1}, HighWatermark: 5, Records: make([]byte, 100)}, kraft.NotFailed)
	})
}

// A leader whose answers are damaged is asked again after a pause.
func TestDamagedAnswersArePaused(t *testing.T) {
	fsys := vfs.NewMem()
	if _, err := Format(FormatOptions{FS: fsys, MetadataDir: testDir, LogDirs: []string{testDir}, NodeID: 1, ClusterID: testCluster,
		NowMs: 1000, NewUUID: func() wire.UUID { return wire.UUID{1} }}); err != nil {
		t.Fatal(err)
	}
	o := testOptions(fsys, false)
	d := &damaging{}
	m := newManual(time.UnixMilli(1_900_000_000_000))
	o.Voters, o.Transport, o.Host = []Voter{voterAt(1), voterAt(2), voterAt(3)}, d, m
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	c.engine.begin()
	c.Serve(&kraft.BeginQuorumEpochRequest{Leader: kraft.Leader{ID: 2, Epoch: 1, Endpoints: []kraft.Endpoint{{Name: "C", Host: "h", Port: 2}}}, Voter: kraft.Key{ID: kraft.None}}, func(kraft.ResponseBody) {})
	for range 1000 { // no time passes
		c.process()
		q := d.queue
		d.queue = nil
		for _, f := range q {
			f()
		}
	}
	if d.calls > 20 {
		t.Errorf("%d fetches without a pause", d.calls)
	}
}
