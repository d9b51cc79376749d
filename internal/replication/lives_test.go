package replication

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/vfs"
)

// TestTopicsThroughPowerCuts deletes topics, creates them again under their old names, deletes
// records, lets housekeeping run, stops the broker, and cuts the power during all of this, several
// times for each seed. Acknowledged records are there, deleted ones stay deleted, and no topic has
// a byte of its predecessor.
func TestTopicsThroughPowerCuts(t *testing.T) {
	for seed := range uint64(livesSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := &lives{t: t, rng: rand.New(rand.NewPCG(seed, 7)), mem: vfs.NewCrashableMem(), topics: map[string]*life{}}
			l.node = newNode(t, l.watched(), nil)
			for range 6 {
				l.live(10 + l.rng.IntN(80))
				l.begin()
				l.check()
			}
		})
	}
}

const (
	livesSeeds      = 30
	livesPartitions = 2
)

// lives is a broker from power cut to power cut.
type lives struct {
	t      *testing.T
	rng    *rand.Rand
	mem    *vfs.Mem
	node   *node
	topics map[string]*life
	made   int
	sent   int
	open   []inFlight

	mu sync.Mutex
	// left counts disk operations down to the power cut. after is the disk at that time, then
	// the expected contents.
	left   int
	after  *vfs.Mem
	then   map[string]*life
	image  *metadata.Image
	during string
	step   string
}

// life is one of the topics that have had a name.
type life struct {
	id    byte
	acked [livesPartitions]map[int64]string
	// start is the log start offset that was acknowledged, asked the highest one that was
	// requested.
	start, asked [livesPartitions]int64
}

type inFlight struct {
	topic     *life
	partition int
	value     string
	result    interface{ Load() *AppendPart }
}

func (l *lives) watched() vfs.FS {
	mem := l.mem
	return vfs.WithHook(mem, func(op vfs.Op) error {
		if !op.Mutates() {
			return nil
		}
		l.mu.Lock() // logs are opened and closed beside each other
		defer l.mu.Unlock()
		if mem != l.mem {
			return nil
		}
		if l.left--; l.left == 0 && l.after == nil {
			l.collect()
			l.after = mem.CrashClone(vfs.CrashOptions{Rand: l.rng, Keep: l.rng.Float64(), Block: 512})
			l.then, l.image, l.during = map[string]*life{}, l.node.image, l.step+": "+op.String()
			for name, x := range l.topics {
				then := *x
				for i := range then.acked {
					then.acked[i] = maps.Clone(x.acked[i])
				}
				l.then[name] = &then
			}
		}
		return nil
	})
}

// collect notes the appends that are acknowledged by now.
func (l *lives) collect() {
	kept := l.open[:0]
	for _, s := range l.open {
		if r := s.result.Load(); r == nil {
			kept = append(kept, s)
		} else if r.Err == 0 {
			s.topic.acked[s.partition][r.BaseOffset] = s.value
		}
	}
	l.open = kept
}

// live does n things. Then the power is cut at one of the disk operations, or the broker stops.
func (l *lives) live(n int) {
	l.left = 1 + l.rng.IntN(20*n)
	for range n {
		l.act([]string{"a", "b"}[l.rng.IntN(2)])
		l.collect()
		if l.after != nil {
			return
		}
	}
	if l.rng.IntN(3) == 0 {
		l.step = "stop"
		l.node.logs.Stop(true, 1)
		l.collect()
	}
	if l.after == nil {
		l.left = 1
		_ = l.watched().SyncDir("/") // the power is cut now
	}
}

func (l *lives) act(name string) {
	x, n := l.topics[name], l.node
	if x == nil {
		l.step = "create"
		l.made++
		x = &life{id: byte(l.made)}
		id := topicID(string(rune('A' + l.made)))
		records := []metadata.Record{&mr.TopicRecord{Name: name, TopicID: id}, topicConfigRecord(name, "internal.segment.bytes", "500"),
			topicConfigRecord(name, "file.delete.delay.ms", "3000")}
		for i := range livesPartitions {
			x.acked[i] = map[int64]string{}
			records = append(records, partitionRecord(id, int32(i), 1, 0, 1))
		}
		l.topics[name] = x
		n.apply(records...)
		return
	}
	p := l.rng.IntN(livesPartitions)
	switch l.rng.IntN(16) {
	case 0, 1:
		l.step = "commit"
		n.logs.Commit()
	case 2:
		l.step = "flush"
		n.logs.Flush()
	case 3, 4:
		l.step = "tick"
		n.now.Add(int64(l.rng.IntN(100_000)))
		n.logs.Tick(n.now.Load())
	case 5:
		l.step = "delete records"
		to := l.rng.Int64N(n.m.Partition(name, int32(p)).Log().HighWatermark() + 1)
		x.asked[p] = max(x.asked[p], to)
		n.m.DeleteRecords([]DeletePart{{Topic: name, Partition: int32(p), Offset: to}}, 1000, func(parts []DeletePart) {
			if parts[0].Err != protocol.ErrNone {
				l.t.Errorf("delete records: %v", parts[0].Err)
			}
			x.start[p] = max(x.start[p], to)
		})
	case 6:
		l.step = "delete"
		delete(l.topics, name)
		n.apply(&mr.RemoveTopicRecord{TopicID: topicID(string(rune('A' + int(x.id))))})
	default:
		l.step = "produce"
		l.sent++
		acks := AcksAll
		if l.rng.IntN(4) == 0 {
			acks = AcksLeader
		}
		v := fmt.Sprintf("%c%d", 'A'+int(x.id), l.sent)
		res := n.send(name, int32(p), acks, batch(l.t, v))
		if acks == AcksAll {
			l.open = append(l.open, inFlight{x, p, v, res})
		}
	}
}

// begin starts the broker on the disk after the power cut.
func (l *lives) begin() {
	l.mem, l.topics, l.open = l.after, l.then, nil
	l.after, l.left = nil, 0
	now := l.node.now.Load()
	l.node = newNode(l.t, l.watched(), l.image)
	l.node.now.Store(now)
}

func (l *lives) check() {
	for name, x := range l.topics {
		for i := range livesPartitions {
			log := l.node.m.Partition(name, int32(i)).Log()
			log.SetHighWatermark(log.LogEndOffset())
			// The log may start above the requested offset. Without a sync, the name of
			// the first segment may be lost.
			if s := log.LogStartOffset(); s < x.start[i] {
				l.t.Errorf("cut in %s: %s-%d starts at %d, acknowledged was %d", l.during, name, i, s, x.start[i])
			}
			got := l.node.values(name, int32(i))
			has := map[string]bool{}
			for _, v := range got {
				has[v] = true
				if !strings.Contains(v, fmt.Sprintf(":%c", 'A'+int(x.id))) {
					l.t.Errorf("cut in %s: %s-%d has %q of another topic", l.during, name, i, v)
				}
			}
			for at, v := range x.acked[i] {
				if at >= x.asked[i] && !has[fmt.Sprintf("%d:%s", at, v)] {
					l.t.Errorf("cut in %s: %s-%d lost %d:%s; it has %v", l.during, name, i, at, v, got)
				}
			}
		}
	}
}
