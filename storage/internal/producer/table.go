package producer

import (
	"cmp"
	"slices"

	"github.com/gregorhq/gregor/internal/list"
)

// table is the set of known producers. It can be captured at the cost of a pointer per producer: a
// node that a capture may hold is never changed again, a change replaces it.
type table struct {
	byID  map[int64]*node
	nodes []*node // all nodes, in no order
	// gen is the number of captures so far.
	gen uint32
	// byUse has all nodes in the order of their last batch or marker.
	byUse list.List[node, *node]
}

type node struct {
	entry
	gen uint32 // of the table when the node was made: a capture that came later may hold it
	at  int32  // index in nodes
	list.Links[node]
}

func (t *table) len() int { return len(t.nodes) }

func (t *table) get(id int64) *node { return t.byID[id] }

// add adds a producer that is not in the table, as the newest.
func (t *table) add(e entry) {
	if t.byID == nil {
		t.byID = make(map[int64]*node)
	}
	n := &node{entry: e, gen: t.gen, at: int32(len(t.nodes))}
	t.byID[e.id] = n
	t.nodes = append(t.nodes, n)
	t.byUse.PushBack(n)
}

// update replaces the state of a producer and makes the producer the newest.
func (t *table) update(n *node, e entry) {
	if n.gen == t.gen {
		n.entry = e
		t.byUse.MoveToBack(n)
		return
	}
	c := &node{entry: e, gen: t.gen, at: n.at}
	t.byUse.Remove(n)
	t.byUse.PushBack(c)
	t.byID[e.id], t.nodes[n.at] = c, c
}

func (t *table) remove(n *node) {
	t.byUse.Remove(n)
	delete(t.byID, n.id)
	last := len(t.nodes) - 1
	moved := t.nodes[last]
	moved.at, t.nodes[n.at] = n.at, moved
	t.nodes[last] = nil
	t.nodes = t.nodes[:last]
	if last == 0 {
		*t = table{gen: t.gen} // a map keeps its buckets
	}
}

// boundTries is how many producers with an open transaction one call of bound passes over.
const boundTries = 16

// bound forgets the oldest producers above max. One with an open transaction stays and counts as
// newest.
func (t *table) bound(max int) {
	for tries := boundTries; len(t.nodes) > max && tries > 0; {
		n := t.byUse.First
		if n.txnFirst < 0 {
			t.remove(n)
			continue
		}
		t.byUse.MoveToBack(n)
		tries--
	}
}

// load adds the entries of a snapshot in the order of their last batch or marker, as far as the
// snapshot has it.
func (t *table) load(entries []entry) {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.timestamp, b.timestamp), cmp.Compare(a.lastOffset(), b.lastOffset()))
	})
	for _, e := range entries {
		if t.get(e.id) == nil { // a damaged snapshot may name one twice
			t.add(e)
		}
	}
}

// Capture is the set of producers at one moment. It needs no lock.
type Capture struct{ nodes []*node }

func (t *table) capture() Capture {
	if len(t.nodes) == 0 {
		return Capture{}
	}
	t.gen++
	return Capture{slices.Clone(t.nodes)}
}

// Len is the number of producers.
func (c Capture) Len() int { return len(c.nodes) }

// States returns the producers in ascending order of their id.
func (c Capture) States() []State {
	out := make([]State, 0, len(c.nodes))
	for _, n := range c.nodes {
		out = append(out, n.state())
	}
	slices.SortFunc(out, func(a, b State) int { return cmp.Compare(a.ProducerID, b.ProducerID) })
	return out
}

// entries is the capture as a snapshot file has it, in ascending order of producer id so that equal
// states give equal files.
func (c Capture) entries() []SnapshotEntry {
	out := make([]SnapshotEntry, 0, len(c.nodes))
	for _, n := range c.nodes {
		s := SnapshotEntry{
			ProducerID: n.id, Epoch: n.epoch, LastSequence: n.lastSeq(), LastOffset: n.lastOffset(),
			Timestamp: n.timestamp, CoordinatorEpoch: n.coordinator, CurrentTxnFirstOffset: n.txnFirst,
		}
		if n.n > 0 {
			s.OffsetDelta = n.last().delta
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b SnapshotEntry) int { return cmp.Compare(a.ProducerID, b.ProducerID) })
	return out
}
