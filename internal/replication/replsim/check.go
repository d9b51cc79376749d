package replsim

import (
	"bytes"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// checker looks for broken promises.
type checker struct {
	w *world
	// level is the highest high watermark of a leader, by partition and leader epoch.
	level []map[int32]int64
}

// log returns the log of a partition on a broker that serves, nil without one.
func (n *node) log(index int) (*replication.Partition, *logmanager.Log) {
	if !n.up() {
		return nil, nil
	}
	p := n.m.Partition(topic, int32(index))
	if p == nil {
		return nil, nil
	}
	return p, p.Log()
}

// all checks everything that is cheap to check.
func (c *checker) all() {
	for i := range c.w.controller.parts {
		for _, n := range c.w.nodes {
			c.leading(n, i)
		}
		for _, n := range c.w.nodes {
			c.following(n, i)
		}
	}
}

// leading checks that the high watermark of a leader does not fall in its epoch.
func (c *checker) leading(n *node, i int) {
	p, l := n.log(i)
	if l == nil || p.Leadership().Role() != replica.Leader {
		return
	}
	epoch, hw := p.Leadership().LeaderEpoch(), l.HighWatermark()
	if hw < c.level[i][epoch] {
		c.w.fail("watermark: partition %d: broker %d leads in epoch %d with the high watermark %d after %d", i, n.id, epoch, hw, c.level[i][epoch])
	}
	c.level[i][epoch] = hw
	c.inSync(n, i, epoch, l)
}

// inSync checks that each member of the controller's ISR has all records below the high watermark
// of the present leader, on its disk (StrongIsr).
func (c *checker) inSync(n *node, i int, epoch int32, l *logmanager.Log) {
	p := c.w.controller.parts[i]
	hw := l.HighWatermark()
	if p.leader != n.id || p.leaderEpoch != epoch || hw <= l.LogStartOffset() {
		return
	}
	want, _ := l.EpochForOffset(hw - 1)
	for _, id := range p.isr {
		_, o := c.w.nodes[id-1].log(i)
		if o == nil || id == n.id {
			continue
		}
		if got, _ := o.EpochForOffset(hw - 1); got != want || o.LogEndOffset() < hw || o.RecoveryPoint() < hw {
			c.w.fail("isr: partition %d: broker %d leads in epoch %d with the high watermark %d, the last record below is of epoch %d; broker %d in the ISR has epoch %d there, its log ends at %d, its disk at %d",
				i, n.id, epoch, hw, want, id, got, o.LogEndOffset(), o.RecoveryPoint())
		}
	}
}

// following checks that no high watermark of a follower is above those of all leaders. The leaders
// are checked before each change of a role, so none of their high watermarks is missing.
func (c *checker) following(n *node, i int) {
	p, l := n.log(i)
	if l == nil || p.Leadership().Role() == replica.Leader {
		return
	}
	if hw := l.HighWatermark(); hw > c.most(i) {
		c.w.fail("watermark: partition %d: broker %d follows with the high watermark %d, no leader had more than %d", i, n.id, hw, c.most(i))
	}
}

// most is the highest high watermark of any leader epoch.
func (c *checker) most(i int) (top int64) {
	for _, hw := range c.level[i] {
		top = max(top, hw)
	}
	return top
}

// fetch checks what a follower reports about its disk.
func (c *checker) fetch(n *node, x *protocol.FetchRequest) {
	c.all()
	for _, t := range x.Topics {
		for _, p := range t.Partitions {
			_, l := n.log(int(p.Partition))
			if l == nil {
				continue
			}
			if p.DurableOffset > l.RecoveryPoint() || p.DurableOffset > p.FetchOffset {
				c.w.fail("durable: partition %d: broker %d reports the durable offset %d, fetch offset %d, its disk has %d", p.Partition, n.id, p.DurableOffset, p.FetchOffset, l.RecoveryPoint())
			}
			if p.FetchOffset > l.LogEndOffset() {
				c.w.fail("durable: partition %d: broker %d fetches from %d, its log ends at %d", p.Partition, n.id, p.FetchOffset, l.LogEndOffset())
			}
		}
	}
}

// leaders checks that each leader of the controller's present epoch has all acknowledged records.
func (c *checker) leaders() {
	for i, p := range c.w.controller.parts {
		if p.leader < 0 {
			continue
		}
		n := c.w.nodes[p.leader-1]
		part, l := n.log(i)
		if l == nil || part.Leadership().Role() != replica.Leader || part.Leadership().LeaderEpoch() != p.leaderEpoch {
			continue
		}
		c.has(n, i, l)
	}
	c.copies()
}

// has checks that a log has all acknowledged records.
func (c *checker) has(n *node, i int, l *logmanager.Log) {
	found := map[int64]string{}
	for _, b := range c.read(l, l.LogStartOffset(), l.LogEndOffset()) {
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); {
			found[r.Record().Offset] = string(r.Record().Value)
		}
	}
	for offset := int64(0); offset < l.LogEndOffset()+1000; offset++ {
		want, ok := c.w.producer.acked[i][offset]
		if got := found[offset]; ok && offset >= l.LogStartOffset() && got != want {
			c.w.fail("lost: partition %d: offset %d was acknowledged with %q, the log of broker %d from %d to %d has %q", i, offset, want, n.id, l.LogStartOffset(), l.LogEndOffset(), got)
			return
		}
	}
}

// start checks that a log does not begin before the leader's. It may begin behind: its broker led
// when records were deleted, and lost the leadership before the others followed.
func (c *checker) start(n *node, i int, l *logmanager.Log) {
	leader := c.w.controller.parts[i].leader
	if _, x := c.w.nodes[max(leader, 1)-1].log(i); x != nil && l.LogStartOffset() < x.LogStartOffset() {
		c.w.fail("start: partition %d: the log of broker %d begins at %d, that of the leader %d at %d", i, n.id, l.LogStartOffset(), leader, x.LogStartOffset())
	}
}

// read returns the batches of a log in a range.
func (c *checker) read(l *logmanager.Log, from, to int64) (out []record.Batch) {
	for from < to {
		r, err := l.Read(from, storage.ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: to})
		if err != nil {
			c.w.fail("read: %v", err)
			return out
		}
		data, err := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err != nil || len(data) == 0 {
			c.w.fail("read: %d bytes at %d of %d: %v", len(data), from, to, err)
			return out
		}
		for rest := data; len(rest) > 0; {
			b, tail, err := record.Next(rest)
			if err != nil {
				c.w.fail("read: %v", err)
				return out
			}
			out, rest, from = append(out, b), tail, b.NextOffset()
		}
	}
	return out
}

// copies compares the bytes of the replicas below their high watermarks.
func (c *checker) copies() {
	for i := range c.w.controller.parts {
		for a, n := range c.w.nodes {
			for _, o := range c.w.nodes[a+1:] {
				c.equal(n, o, i)
			}
		}
	}
}

func (c *checker) equal(n, o *node, i int) {
	_, x := n.log(i)
	_, y := o.log(i)
	if x == nil || y == nil {
		return
	}
	from, to := max(x.LogStartOffset(), y.LogStartOffset()), min(x.HighWatermark(), y.HighWatermark())
	if from >= to {
		return
	}
	bx, by := c.read(x, from, to), c.read(y, from, to)
	for k := range min(len(bx), len(by)) {
		if !bytes.Equal(bx[k], by[k]) {
			c.w.fail("copies: partition %d: brokers %d and %d differ in the batches at %d and %d", i, n.id, o.id, bx[k].BaseOffset(), by[k].BaseOffset())
			return
		}
	}
	if len(bx) != len(by) {
		c.w.fail("copies: partition %d: brokers %d and %d have %d and %d batches from %d to %d", i, n.id, o.id, len(bx), len(by), from, to)
	}
}
