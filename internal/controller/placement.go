package controller

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// placer assigns replicas to brokers like Kafka's StripedReplicaPlacer. For each partition it takes
// one broker of each rack in turn, and starts one rack further than before. Within a rack it takes
// the brokers in turn. So leaders and replicas spread evenly. It takes a fenced broker of a rack
// only when the rack has no other unfenced broker, and never as the first replica.
//
// Invariant: a broker appears at most once in the replicas of one partition.
type placer struct {
	racks    []*rackBrokers
	rack     int // where the next partition starts
	placed   int // since the last shuffle
	unfenced int
	total    int
	rand     Random
}

type rackBrokers struct {
	unfenced, fenced rotation
}

// rotation returns the brokers of one rack in turn. It counts leaders and followers separately, so
// that both spread evenly.
type rotation struct {
	ids     []int32
	leads   int // leaders handed out since the last shuffle
	follows int // followers likewise
}

func newPlacer(image *metadata.Image, r Random) *placer {
	p := &placer{rand: r}
	byRack := map[string]*rackBrokers{}
	var names []string
	for b := range image.Brokers() {
		if b.InControlledShutdown || allCordoned(b) {
			continue
		}
		name := ""
		if b.Rack != nil {
			name = *b.Rack
		}
		if byRack[name] == nil {
			byRack[name] = &rackBrokers{}
			names = append(names, name)
		}
		p.total++
		if b.Fenced {
			byRack[name].fenced.ids = append(byRack[name].fenced.ids, b.ID)
			continue
		}
		p.unfenced++
		byRack[name].unfenced.ids = append(byRack[name].unfenced.ids, b.ID)
	}
	slices.Sort(names)
	for _, name := range names {
		p.racks = append(p.racks, byRack[name])
	}
	p.shuffle()
	return p
}

// allCordoned reports whether every log directory of the broker refuses new replicas (KIP-1066).
func allCordoned(b *metadata.Broker) bool {
	if len(b.LogDirs) == 0 {
		return false
	}
	for _, dir := range b.LogDirs {
		if !slices.Contains(b.CordonedLogDirs, dir) {
			return false
		}
	}
	return true
}

// shuffle changes the order of racks and brokers, so that the next partitions do not repeat the
// assignments of the last ones.
func (p *placer) shuffle() {
	shuffle(p.rand, p.racks)
	for _, r := range p.racks {
		shuffle(p.rand, r.unfenced.ids)
		shuffle(p.rand, r.fenced.ids)
		r.unfenced.leads, r.unfenced.follows, r.fenced.follows = 0, 0, 0
	}
	p.placed = 0
}

func shuffle[T any](r Random, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := r.IntN(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}

func (r *rotation) leader() (int32, bool) {
	if len(r.ids) == 0 {
		return 0, false
	}
	r.leads++
	return r.ids[(r.leads-1)%len(r.ids)], true
}

// follower returns the next broker that is not chosen yet.
func (r *rotation) follower(chosen []int32) (int32, bool) {
	for range r.ids {
		id := r.ids[r.follows%len(r.ids)]
		r.follows++
		if !slices.Contains(chosen, id) {
			return id, true
		}
	}
	return 0, false
}

// check returns Kafka's error for a replication factor that the brokers cannot provide.
func (p *placer) check(factor int) failure {
	switch {
	case factor <= 0:
		return fail(protocol.ErrInvalidReplicationFactor,
			fmt.Sprintf("Invalid replication factor %d: the replication factor must be positive.", factor))
	case p.unfenced == 0:
		return fail(protocol.ErrInvalidReplicationFactor,
			"All brokers are currently fenced, or have all their log directories cordoned.")
	case factor > p.total:
		return fail(protocol.ErrInvalidReplicationFactor,
			fmt.Sprintf("The target replication factor of %d cannot be reached because only %d broker(s) are registered or some brokers have all their log directories cordoned.", factor, p.total))
	}
	return failure{}
}

// place assigns one partition. The caller has called check. The first replica is an unfenced
// broker.
func (p *placer) place(factor int) []int32 {
	if p.placed >= p.unfenced {
		p.shuffle()
	}
	p.placed++
	first := p.rack % len(p.racks)
	p.rack++
	replicas := make([]int32, 0, factor)
	lead := first
	for len(replicas) == 0 {
		if id, ok := p.racks[lead].unfenced.leader(); ok {
			replicas = append(replicas, id)
			break
		}
		lead = (lead + 1) % len(p.racks)
	}
	skip := true // the leader's rack has given its broker of the first round
	for i := first; len(replicas) < factor; i = (i + 1) % len(p.racks) {
		if i == lead && skip {
			skip = false
			continue
		}
		if id, ok := p.racks[i].unfenced.follower(replicas); ok {
			replicas = append(replicas, id)
		} else if id, ok := p.racks[i].fenced.follower(replicas); ok {
			replicas = append(replicas, id)
		}
	}
	return replicas
}

// checkManual validates the replicas of one partition in a request. factor is the replication
// factor of earlier partitions, 0 for the first one.
func checkManual(image *metadata.Image, replicas []int32, factor int) failure {
	bad := func(format string, args ...any) failure {
		return fail(protocol.ErrInvalidReplicaAssignment, fmt.Sprintf(format, args...))
	}
	if len(replicas) == 0 {
		return bad("The manual partition assignment includes an empty replica list.")
	}
	sorted := slices.SortedFunc(slices.Values(replicas), cmp.Compare)
	for i, id := range sorted {
		b := image.Broker(id)
		switch {
		case b == nil:
			return bad("The manual partition assignment includes broker %d, but no such broker is registered.", id)
		case allCordoned(b):
			return bad("The manual partition assignment includes broker %d, but all its log directories are cordoned.", id)
		case i > 0 && sorted[i-1] == id:
			return bad("The manual partition assignment includes the broker %d more than once.", id)
		}
	}
	if factor > 0 && len(replicas) != factor {
		return bad("The manual partition assignment includes a partition with %d replica(s), but this is not consistent with previous partitions, which have %d replica(s).", len(replicas), factor)
	}
	return failure{}
}
