package kraft

import (
	"slices"
	"time"
)

// leadership is the state of a leader.
type leadership struct {
	// start is the offset of the LeaderChange. Records of earlier epochs are committed only with it
	// (Raft §5.4.2).
	start int64
	// replicas are the other replicas that have fetched, and the other voters, in the order in
	// which the leader met them.
	replicas []replica
	// heardAt is the time at which a majority of the voters had last been heard from. The leader
	// resigns when it is too old.
	heardAt time.Duration
	parked  []parked
	change  *change
	// known is what the voters say about themselves while kraft.version is 0.
	known map[int32]Voter
}

// replica is what a leader knows of another replica.
type replica struct {
	Key
	// end is its durable log end, -1 when it is unknown.
	end int64
	// fetchedAt and caughtUpAt are the times of the last fetch, and of the last fetch at the log
	// end. They are negative for never.
	fetchedAt, caughtUpAt time.Duration
	// beginAt is the time of the next BeginQuorumEpoch to a voter that does not fetch.
	beginAt time.Duration
}

// checkQuorumFactor is Kafka's CHECK_QUORUM_TIMEOUT_FACTOR, as 3/2 of the fetch timeout.
const checkQuorumNum, checkQuorumDen = 3, 2

// lead makes a candidate with a majority the leader. It appends the first records of its epoch.
func (n *Node) lead() {
	granted := n.votes.granted
	n.peers.forget()
	n.role, n.defeats = Leading, 0
	n.leader = Leader{ID: n.o.Self.ID, Epoch: n.epoch, Endpoints: n.o.Self.Endpoints}
	n.leading = &leadership{start: n.log.end, heardAt: n.now}
	state := n.log.voters()
	first := LeaderChange{Leader: n.o.Self.ID}
	for _, v := range state.voters {
		first.Voters = append(first.Voters, v.Key)
		if slices.Contains(granted, v.ID) {
			first.Granting = append(first.Granting, v.Key)
		}
	}
	control := []Control{{Leader: &first}}
	if state.version > 0 {
		control = append(control, n.votersToWrite(state)...)
	}
	n.append(Batch{Base: n.log.end, Last: n.log.end + int64(len(control)) - 1, Epoch: n.epoch, Control: control})
}

// votersToWrite returns the records of the voters that a new leader writes: all when they come from
// a bootstrap snapshot only, and the voters when its own entry has changed.
func (n *Node) votersToWrite(state voterChange) (out []Control) {
	voters, changed := state.voters, false
	if self := voters.Find(n.o.Self.ID); self != nil && len(n.o.Self.Endpoints) > 0 && !same(*self, n.o.Self) {
		voters, changed = voters.With(n.o.Self), true
	}
	if state.at < 0 {
		version := state.version
		out = append(out, Control{Version: &version})
	}
	if state.at < 0 || changed {
		out = append(out, Control{Voters: voters})
	}
	return out
}

// same reports whether two entries of a voter are equal.
func same(a, b Voter) bool {
	return a.Key == b.Key && a.MinVersion == b.MinVersion && a.MaxVersion == b.MaxVersion && slices.Equal(a.Endpoints, b.Endpoints)
}

// append adds a batch of this leader.
func (n *Node) append(b Batch) {
	n.log.append(b)
	n.fx.Append = append(n.fx.Append, b)
}

// propose appends batches of the controller.
func (n *Node) propose(e Propose) {
	if n.role != Leading || e.Epoch != n.epoch || len(e.Batches) == 0 || e.Batches[0].Base != n.log.end {
		n.fx.Refused = true
		return
	}
	for _, b := range e.Batches {
		n.append(b)
	}
}

// pollLeading sends BeginQuorumEpoch to the voters that do not fetch, and looks whether a majority
// does fetch.
func (n *Node) pollLeading() (again bool) {
	l := n.leading
	l.heardAt = max(l.heardAt, n.majorityHeardAt())
	if len(n.others()) > 0 && n.due(l.heardAt+n.o.FetchTimeout*checkQuorumNum/checkQuorumDen) {
		n.resign()
		return true
	}
	n.pollChange()
	if n.role != Leading {
		return true
	}
	n.answerParked()
	for _, v := range n.others() {
		r := l.get(v.Key)
		if quiet := max(r.beginAt, r.fetchedAt+n.o.FetchTimeout/2); n.ready(v.ID) && n.due(quiet) {
			r.beginAt = n.now + n.o.FetchTimeout/2
			n.call(v.ID, v.Endpoints, &BeginQuorumEpochRequest{Leader: n.leader, Voter: v.Key})
		}
	}
	return false
}

// get returns the entry of a replica, which it makes.
func (l *leadership) get(key Key) *replica {
	for i := range l.replicas {
		if l.replicas[i].Key == key {
			return &l.replicas[i]
		}
	}
	l.replicas = append(l.replicas, replica{Key: key, end: -1, fetchedAt: never, caughtUpAt: never})
	return &l.replicas[len(l.replicas)-1]
}

// never is a time before every other one that leaves room for sums.
const never = -1 << 60 * time.Nanosecond

// of returns the entry of a voter, nil before its first fetch. A voter without a directory id is
// known by its node id: the entry that fetched last is meant.
func (l *leadership) of(v Voter) (best *replica) {
	for i := range l.replicas {
		r := &l.replicas[i]
		if (Voters{v}).Has(r.Key) && (best == nil || r.fetchedAt > best.fetchedAt) {
			best = r
		}
	}
	return best
}

// saw notes a request of a replica without its log end.
func (l *leadership) saw(n *Node, key Key) {
	if key.ID != None && key.ID != n.o.Self.ID {
		l.get(key).fetchedAt = n.now
	}
}

// fetched notes the log end of a replica.
func (l *leadership) fetched(n *Node, key Key, end int64) {
	if key.ID == n.o.Self.ID {
		return
	}
	r := l.get(key)
	r.end, r.fetchedAt = max(r.end, end), n.now
	if end >= n.log.end {
		r.caughtUpAt = n.now
	}
	n.advance()
}

// advance raises the high watermark to what a majority of the voters has on its disk.
func (n *Node) advance() {
	voters := n.log.voters().voters
	ends := make([]int64, 0, len(voters))
	for _, v := range voters {
		end := int64(-1)
		if v.ID == n.o.Self.ID {
			end = n.log.flushed
		} else if r := n.leading.of(v); r != nil {
			end = r.end
		}
		ends = append(ends, end)
	}
	slices.Sort(ends)
	if end := ends[len(ends)-voters.Majority()]; end > n.leading.start {
		n.raise(end)
	}
}

// majorityHeardAt returns the last time at which a majority of the voters, with this one, had been
// heard from.
func (n *Node) majorityHeardAt() time.Duration {
	voters := n.log.voters().voters
	times := make([]time.Duration, 0, len(voters))
	for _, v := range voters {
		t := time.Duration(never)
		if v.ID == n.o.Self.ID {
			t = n.now
		} else if r := n.leading.of(v); r != nil {
			t = r.fetchedAt
		}
		times = append(times, t)
	}
	slices.Sort(times)
	return times[len(times)-voters.Majority()]
}

// progress describes the voters in order of their ids, then the observers. Voters have the key of
// the set: the static voters have no directory ids.
func (l *leadership) progress(n *Node) (out []Progress) {
	voters := n.log.voters().voters
	for _, v := range voters {
		p := Progress{Key: v.Key, Voter: true, End: -1, LastFetch: -1, LastCaughtUp: -1}
		if v.ID == n.o.Self.ID {
			p.End, p.LastFetch, p.LastCaughtUp = n.log.flushed, n.now, n.now
		} else if r := l.of(v); r != nil {
			p.End, p.LastFetch, p.LastCaughtUp = r.end, max(r.fetchedAt, -1), max(r.caughtUpAt, -1)
		}
		out = append(out, p)
	}
	for _, r := range l.replicas {
		if !voters.Has(r.Key) {
			out = append(out, Progress{Key: r.Key, End: r.end, LastFetch: max(r.fetchedAt, -1), LastCaughtUp: max(r.caughtUpAt, -1)})
		}
	}
	return out
}

// resign gives up the leadership of the epoch. The voters hear of it, so that they need not wait.
func (n *Node) resign() {
	successors := n.successors()
	leader := n.leader
	n.leave()
	n.role, n.leader, n.electionAt = Resigned, leader, n.now+n.electionTimeout()
	for _, v := range n.others() {
		n.resigned = append(n.resigned, v.ID)
	}
	n.endEpoch = &EndQuorumEpochRequest{Leader: leader, Successors: successors}
}

// successors returns the other voters, the one with the longest log first.
func (n *Node) successors() []Key {
	type candidate struct {
		key Key
		end int64
	}
	var all []candidate
	for _, v := range n.others() {
		c := candidate{key: v.Key, end: -1}
		if r := n.leading.of(v); r != nil {
			c.end = r.end
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return int(min(max(b.end-a.end, -1), 1)) })
	out := make([]Key, len(all))
	for i, c := range all {
		out[i] = c.key
	}
	return out
}

// pollResigned sends EndQuorumEpoch to the voters, and stands again when no other node does.
func (n *Node) pollResigned() (again bool) {
	if n.due(n.electionAt) {
		if n.mayStand() {
			n.prospect()
		} else {
			n.unattachedAgain()
		}
		return true
	}
	for _, id := range slices.Clone(n.resigned) {
		if v := n.log.voters().voters.Find(id); v != nil && n.endEpoch != nil && n.ready(id) {
			n.call(id, v.Endpoints, n.endEpoch)
		}
	}
	return false
}

// endAnswered performs the answer to EndQuorumEpoch.
func (n *Node) endAnswered(id int32, r *EndQuorumEpochResponse) {
	n.learn(r.Leader)
	if n.role == Resigned {
		n.resigned = slices.DeleteFunc(n.resigned, func(other int32) bool { return other == id })
	}
}

// dismiss answers what waited for a leader that leads no more.
func (n *Node) dismiss(lost *leadership) {
	n.dismissParked(lost.parked)
	n.dismissChange(lost.change)
}
