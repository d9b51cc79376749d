package replsim

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
)

// topic is the only topic.
const topic = "t"

var topicID = wire.UUID{1, 2, 3}

// partition is the controller's state of one partition.
type partition struct {
	index                       int32
	leader                      int32
	leaderEpoch, partitionEpoch int32
	isr                         []int32
}

// controller decides the leaders and the ISRs, as Kafka's does, and never fails.
type controller struct {
	w     *world
	parts []*partition
	// epochs are the broker epochs by broker id, live says that a broker is not fenced.
	epochs [4]int64
	live   [4]bool
	// images and records are the history: records[i] make images[i+1] of images[i].
	images  []*metadata.Image
	records [][]metadata.Record
	// deafUntil is the time until which requests for another ISR get lost.
	deafUntil time.Duration
}

func newController(w *world, partitions int) *controller {
	c := &controller{w: w, images: []*metadata.Image{metadata.Empty()}}
	two := "2"
	records := []metadata.Record{&mr.TopicRecord{Name: topic, TopicID: topicID},
		&mr.ConfigRecord{ResourceType: metadata.ResourceTopic, ResourceName: topic, Name: "min.insync.replicas", Value: &two}}
	for i := range partitions {
		p := &partition{index: int32(i), leader: int32(i%3) + 1, isr: []int32{1, 2, 3}}
		c.parts = append(c.parts, p)
		records = append(records, p.record())
	}
	for id := int32(1); id <= 3; id++ {
		c.epochs[id], c.live[id] = int64(id), true
		records = append(records, c.registration(id))
	}
	c.commit(records...)
	return c
}

func (p *partition) record() metadata.Record {
	return &mr.PartitionRecord{PartitionID: p.index, TopicID: topicID, Replicas: []int32{1, 2, 3}, ISR: slices.Clone(p.isr), Leader: p.leader,
		LeaderEpoch: p.leaderEpoch, PartitionEpoch: p.partitionEpoch, Directories: make([]wire.UUID, 3)}
}

func (c *controller) registration(id int32) metadata.Record {
	return &mr.RegisterBrokerRecord{BrokerID: id, BrokerEpoch: c.epochs[id], Fenced: !c.live[id]}
}

// commit makes the next image. Each live broker gets it after a delay.
func (c *controller) commit(records ...metadata.Record) {
	last := c.images[len(c.images)-1]
	d := metadata.NewDelta(last)
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			c.w.fail("controller: %v", err)
			return
		}
	}
	image, err := d.Apply(last.Offset()+int64(len(records)), 1)
	if err != nil {
		c.w.fail("controller: %v", err)
		return
	}
	c.images, c.records = append(c.images, image), append(c.records, records)
	for _, n := range c.w.nodes {
		if n.life == nil || n.life.ended {
			continue
		}
		delay := c.w.between(100*time.Microsecond, 10*time.Millisecond)
		if !c.w.calm && c.w.chance(20) {
			delay = c.w.between(10*time.Millisecond, 600*time.Millisecond)
		}
		c.w.schedule(n.life, delay, n.learn)
	}
}

// change commits a partition after its state has changed. newLeader begins a leader epoch.
func (c *controller) change(p *partition, newLeader bool) {
	p.partitionEpoch++
	if newLeader {
		p.leaderEpoch++
		c.w.stats.Elections++
	}
	c.w.note("partition %d: leader %d epoch %d isr %v partition epoch %d", p.index, p.leader, p.leaderEpoch, p.isr, p.partitionEpoch)
	c.commit(p.record())
}

// fence takes a broker out of service: it leaves each ISR with another member, and other members
// lead its partitions.
func (c *controller) fence(id int32) {
	c.live[id] = false
	c.commit(c.registration(id))
	for _, p := range c.parts {
		in := slices.Contains(p.isr, id)
		if in && len(p.isr) > 1 {
			p.isr = slices.DeleteFunc(slices.Clone(p.isr), func(o int32) bool { return o == id })
		}
		if p.leader == id {
			p.leader = c.candidate(p)
			c.change(p, true)
		} else if in {
			c.change(p, false)
		}
	}
}

// candidate returns a live member of the ISR, -1 without one.
func (c *controller) candidate(p *partition) int32 {
	for _, i := range c.w.rng.Perm(len(p.isr)) {
		if c.live[p.isr[i]] {
			return p.isr[i]
		}
	}
	return -1
}

// register begins another incarnation of a broker.
func (c *controller) register(id int32) {
	c.fence(id)
	c.epochs[id] = c.images[len(c.images)-1].Offset() + 100
	c.commit(c.registration(id))
}

// unfence puts a broker into service.
func (c *controller) unfence(id int32) {
	c.live[id] = true
	c.commit(c.registration(id))
	for _, p := range c.parts {
		if p.leader < 0 {
			if p.leader = c.candidate(p); p.leader >= 0 {
				c.change(p, true)
			}
		}
	}
}

// elect makes another member of an ISR the leader, or the same one in a new epoch.
func (c *controller) elect(p *partition) {
	if next := c.candidate(p); next >= 0 {
		p.leader = next
		c.change(p, true)
	}
}

// alter decides a request for another ISR.
func (c *controller) alter(from, index int32, a *replica.Alteration) replica.PartitionAltered {
	p := c.parts[index]
	switch {
	case p.leader != from || p.leaderEpoch != a.LeaderEpoch:
		return replica.PartitionAltered{Err: protocol.ErrFencedLeaderEpoch}
	case p.partitionEpoch != a.PartitionEpoch:
		return replica.PartitionAltered{Err: protocol.ErrInvalidUpdateVersion}
	}
	var isr []int32
	for _, m := range a.NewISR {
		if !c.live[m.ID] || m.Epoch >= 0 && m.Epoch != c.epochs[m.ID] {
			return replica.PartitionAltered{Err: protocol.ErrIneligibleReplica}
		}
		isr = append(isr, m.ID)
	}
	if len(isr) > len(p.isr) {
		c.w.stats.Expands++
	} else {
		c.w.stats.Shrinks++
	}
	p.isr = isr
	c.change(p, false)
	return replica.PartitionAltered{LeaderEpoch: p.leaderEpoch, PartitionEpoch: p.partitionEpoch, ISR: slices.Clone(isr)}
}

// alterer implements replication.AlterPartition for one process.
type alterer struct {
	n *node
	l *life
}

// AlterPartition implements replication.AlterPartition. Requests and answers may get lost.
func (x alterer) AlterPartition(_ wire.UUID, index int32, a *replica.Alteration, done func(replica.PartitionAltered)) {
	w := x.n.w
	lost := func() bool { return !w.calm && w.chance(10) }
	answer := func(r replica.PartitionAltered, delay time.Duration) {
		r.ID = a.ID
		if r.Retry() {
			delay += 50 * time.Millisecond
		}
		w.schedule(x.l, delay, func() { done(r) })
	}
	w.after(w.between(time.Millisecond, 20*time.Millisecond), func() {
		w.emptyNewMember(index, a)
		if lost() || w.controller.deafUntil > w.now {
			answer(replica.PartitionAltered{Err: protocol.ErrNetworkException}, 100*time.Millisecond)
			return
		}
		r := w.controller.alter(x.n.id, index, a)
		if lost() {
			r = replica.PartitionAltered{Err: protocol.ErrNetworkException}
		}
		answer(r, w.between(time.Millisecond, 20*time.Millisecond))
	})
}
