package logmanager

import (
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// producer.ids.per.partition.max reaches logs that are open and logs that are created later.
func TestProducerBoundFollowsTheSettings(t *testing.T) {
	m := open(t, vfs.NewMem(), "/data")
	produce := func(l *Log, ids ...int64) {
		for _, id := range ids {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Producer: &record.Producer{ID: id}})
			must(t, b.Append(0, nowMs, nil, []byte("v"), nil))
			batch, err := b.Bytes()
			must(t, err)
			_, err = l.AppendAsLeader(batch, storage.AppendOptions{NowMs: nowMs})
			must(t, err)
		}
	}
	early := create(t, m, "early", 0, storage.DefaultConfig())
	produce(early, 1, 2, 3, 4)
	if n := early.ProducerCount(); n != 4 {
		t.Fatalf("%d producers by default", n)
	}
	c := m.config.Load()
	changed := *c
	changed.MaxProducerIDs = 2
	m.SetConfig(changed)
	late := create(t, m, "late", 0, storage.DefaultConfig())
	produce(early, 5)
	produce(late, 1, 2, 3, 4)
	for _, l := range []*Log{early, late} {
		if n := l.ProducerCount(); n != 2 {
			t.Errorf("%s remembers %d producers, the bound is 2", l.TP.Topic, n)
		}
	}
}
