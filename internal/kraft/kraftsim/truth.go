package kraftsim

import (
	"sort"

	"github.com/gregorhq/gregor/internal/kraft"
)

// truth is the one log that the quorum has committed, and what else is true for all nodes and for
// ever.
type truth struct {
	// commits are the ends of the committed batches, in order.
	commits []commit
	// sets are the voters, from an offset on.
	sets []voterSet
	// leaders has the leader of each epoch.
	leaders map[int32]int8
	votes   map[ballot]kraft.Key
	// ever has the keys that were in a set of voters, committed or not.
	ever map[kraft.Key]bool
	// epoch is the highest epoch that a candidate has begun.
	epoch int32
	// made counts batches and snapshots. It makes their contents differ.
	made uint64
	// acked counts the batches that a controller has acknowledged.
	acked int
}

type commit struct {
	end   int64
	sum   uint64
	epoch int32
	// in is the epoch of the first node that knew of the commit.
	in int32
}

type voterSet struct {
	from    int64
	version int16
	voters  kraft.Voters
}

// ballot is the vote of a replica in an epoch.
type ballot struct {
	voter kraft.Key
	epoch int32
}

func (t *truth) init() {
	t.leaders, t.votes, t.ever = map[int32]int8{}, map[ballot]kraft.Key{}, map[kraft.Key]bool{}
	t.commits = []commit{{}}
}

func (t *truth) last() commit { return t.commits[len(t.commits)-1] }

func (t *truth) sum() uint64 { return mix(t.last().sum, uint64(t.acked)<<32^uint64(t.epoch)) }

// at returns the commit that ends at offset.
func (t *truth) at(offset int64) (commit, bool) {
	i := sort.Search(len(t.commits), func(i int) bool { return t.commits[i].end >= offset })
	if i == len(t.commits) || t.commits[i].end != offset {
		return commit{}, false
	}
	return t.commits[i], true
}

// before returns the newest commit of the epochs before epoch.
func (t *truth) before(epoch int32) commit {
	for i := len(t.commits) - 1; i > 0; i-- {
		if t.commits[i].in < epoch {
			return t.commits[i]
		}
	}
	return commit{}
}

// extend adds a batch that is committed in an epoch.
func (t *truth) extend(e *entry, in int32) {
	t.commits = append(t.commits, commit{end: e.Last + 1, sum: e.sum, epoch: e.Epoch, in: in})
	t.sets = withControl(t.sets, &e.Batch)
}

// withControl adds the voters of a batch.
func withControl(sets []voterSet, b *kraft.Batch) []voterSet {
	for _, c := range b.Control {
		s := sets[len(sets)-1]
		s.from = b.Last + 1
		switch {
		case c.Version != nil:
			s.version = *c.Version
		case c.Voters != nil:
			s.voters = c.Voters
		default:
			continue
		}
		sets = append(sets, s)
	}
	return sets
}

// votersBelow returns what a snapshot at offset says about the voters.
func (t *truth) votersBelow(offset int64) (int16, kraft.Voters) {
	for i := len(t.sets) - 1; i > 0; i-- {
		if t.sets[i].from <= offset {
			return t.sets[i].version, t.sets[i].voters
		}
	}
	if s := t.sets[0]; s.version > 0 {
		return s.version, s.voters
	}
	return 0, nil
}

// voters returns the voters that are committed.
func (t *truth) voters() kraft.Voters { return t.sets[len(t.sets)-1].voters }

func (t *truth) version() int16 { return t.sets[len(t.sets)-1].version }

// majority is the number of voters that decide. It does not use the core's own function.
func majority(vs kraft.Voters) int { return len(vs)/2 + 1 }

// older reports whether a log that ends at p is older than one that ends at q.
func older(p, q kraft.Position) bool {
	if p.Epoch != q.Epoch {
		return p.Epoch < q.Epoch
	}
	return p.Offset < q.Offset
}
