package replsim

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// producer sends records with values of their own, each to one partition, with acks=all and
// sometimes with acks=1.
type producer struct {
	w    *world
	sent int
	// acked are the values by partition and offset.
	acked []map[int64]string
	// ackedAt is the time of the last acknowledgement by partition.
	ackedAt []time.Duration
}

// loop sends records until the run ends.
func (p *producer) loop(index int32) {
	p.send(index)
	pause := p.w.between(0, 20*time.Millisecond)
	if p.w.chance(50) {
		pause = p.w.between(0, 3*time.Second)
	}
	p.w.after(pause, func() { p.loop(index) })
}

// send produces to a broker that believes to be the leader.
func (p *producer) send(index int32) {
	w := p.w
	n := w.nodes[w.rng.IntN(3)]
	if leader := w.controller.parts[index].leader; leader > 0 && !w.chance(10) {
		n = w.nodes[leader-1]
	}
	if !n.up() {
		return
	}
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	var values []string
	for range 1 + w.rng.IntN(3) {
		p.sent++
		values = append(values, fmt.Sprintf("value %d %0*d", p.sent, w.rng.IntN(200), 0))
	}
	l := n.life
	for i, v := range values {
		if err := b.Append(int64(i), host.Millis(l), nil, []byte(v), nil); err != nil {
			w.fail("producer: %v", err)
			return
		}
	}
	batch, err := b.Bytes()
	if err != nil {
		w.fail("producer: %v", err)
		return
	}
	records := append([]byte(nil), batch...)
	acks := replication.AcksAll
	if w.chance(5) {
		acks = replication.AcksLeader
	}
	w.schedule(l, w.between(0, time.Millisecond), func() { p.append(n, l, index, acks, records, values) })
}

func (p *producer) append(n *node, l *life, index int32, acks int16, records []byte, values []string) {
	w := p.w
	if n.life != l || !n.serving {
		return
	}
	r := replication.NewAppendRequest()
	r.Acks, r.TimeoutMs, r.NowMs, r.Origin = acks, 3000, host.Millis(l), storage.OriginClient
	a := r.Add()
	a.TopicID, a.Topic, a.Partition, a.Records = topicID, topic, index, records
	r.Done = func(r *replication.AppendRequest) {
		part := r.Parts[0]
		r.Release()
		if l.ended {
			return
		}
		if part.Err != protocol.ErrNone {
			w.stats.Failed++
			return
		}
		if acks != replication.AcksAll {
			return
		}
		w.stats.Acked++
		for i, v := range values {
			p.acked[index][part.BaseOffset+int64(i)] = v
		}
		p.ackedAt[index] = w.now
		w.note("partition %d: broker %d acknowledges offsets %d-%d", index, n.id, part.BaseOffset, part.LastOffset)
	}
	n.m.Append(r)
}
