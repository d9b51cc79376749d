package group

import "github.com/gregorhq/gregor/internal/protocol"

// State of a classic group.
type State uint8

// The states, in the order of Counts.
const (
	Empty State = iota
	PreparingRebalance
	CompletingRebalance
	Stable
	Dead
	numStates
)

var stateNames = [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"}

// String is the name that ListGroups and DescribeGroups show.
func (s State) String() string { return stateNames[s] }

// consumerProtocol is the protocol type of consumers. Topics can be read from its metadata only.
const consumerProtocol = "consumer"

// group is one classic group. A simple group, one that only stores offsets, is an
// empty group without protocol type.
type group struct {
	id         string
	state      State
	previous   State
	generation int32
	// protocolType is "" for a simple group and for one without a first member.
	protocolType string
	// protocol is the one selected for this generation; nil when there are no members.
	protocol *string
	leader   string // member id, "" when there is none
	// stateSince is the time of the last change of the state, -1 when unknown (old records).
	stateSince int64

	// members in the order they joined: that makes choices (next leader, votes)
	// the same at every run. Invariant: byID and members hold the same members.
	members []*member
	byID    map[string]*member
	// static maps group.instance.id to member id.
	// Invariant: static[m.instanceID] == m.id for each static member m.
	static map[string]string
	// support counts the members that support a protocol.
	// Invariant: support[name] == number of members m with m.supports(name), never 0.
	support map[string]int
	// pendingJoin are ids handed out with MEMBER_ID_REQUIRED that have not come back.
	pendingJoin map[string]struct{}
	// pendingSync are members of this generation that have not sent SyncGroup.
	pendingSync map[string]struct{}
	// awaitingJoin counts members with a parked JoinGroup.
	awaitingJoin int
	// newMember: a member joined during the initial rebalance delay, so the delay is extended.
	newMember bool
	// joinRemainingMs is the remaining time of the initial rebalance, see initialDelay.
	joinDelayMs, joinRemainingMs int64
	initialDelay                 bool

	// subscribed are the topics of all members; known is false when they cannot be
	// read (not the consumer protocol, or not in its format).
	subscribed      map[string]struct{}
	subscribedKnown bool

	// stored means that a GroupMetadata record of this group is in the log, or in an append.
	stored bool
}

func newGroup(id string, now int64) *group {
	return &group{id: id, previous: Dead, stateSince: now}
}

// isSimple: no member ever joined.
func (g *group) isSimple() bool {
	return g.protocolType == "" && len(g.members) == 0 && len(g.pendingJoin) == 0
}

func (g *group) is(states ...State) bool {
	for _, s := range states {
		if g.state == s {
			return true
		}
	}
	return false
}

func (g *group) member(id string) *member { return g.byID[id] }

func (g *group) isLeader(id string) bool { return g.leader != "" && g.leader == id }

func (g *group) leaderPtr() *string { return strPtrOrNil(g.leader) }

func (g *group) protocolTypePtr() *string { return strPtrOrNil(g.protocolType) }

// canRebalance: PreparingRebalance may be entered from here.
func (g *group) canRebalance() bool { return g.is(Stable, CompletingRebalance, Empty) }

func (g *group) allJoined() bool {
	return len(g.members) == g.awaitingJoin && len(g.pendingJoin) == 0
}

// add enters a member; a group without one takes over its protocol type.
func (g *group) add(m *member) {
	if g.byID == nil {
		g.byID = map[string]*member{}
	}
	if len(g.members) == 0 {
		g.protocolType = m.protocolType
	}
	if g.leader == "" {
		g.leader = m.id
	}
	g.members = append(g.members, m)
	g.byID[m.id] = m
	g.countSupport(m, 1)
	if m.instanceID != nil {
		g.setStatic(*m.instanceID, m.id)
	}
	if m.join != nil {
		g.awaitingJoin++
	}
	delete(g.pendingJoin, m.id)
}

// holds reports whether a member has this static instance.
func (g *group) holds(instance *string) bool {
	if instance == nil {
		return false
	}
	_, ok := g.static[*instance]
	return ok
}

func (g *group) setStatic(instance, memberID string) {
	if g.static == nil {
		g.static = map[string]string{}
	}
	g.static[instance] = memberID
}

// remove takes out a member or pending member, if it is there; the oldest of the
// others becomes leader if the leader goes.
func (g *group) remove(id string) {
	if m := g.byID[id]; m != nil {
		delete(g.byID, id)
		g.countSupport(m, -1)
		for i, o := range g.members {
			if o == m {
				g.members = append(g.members[:i:i], g.members[i+1:]...)
				break
			}
		}
		if m.join != nil {
			g.awaitingJoin--
		}
		if m.instanceID != nil {
			delete(g.static, *m.instanceID)
		}
	}
	if g.isLeader(id) {
		g.leader = ""
		if len(g.members) > 0 {
			g.leader = g.members[0].id
		}
	}
	delete(g.pendingJoin, id)
	delete(g.pendingSync, id)
}

// electJoinedLeader makes a member that has joined the leader when the leader has not joined. It
// returns false when no member has joined.
func (g *group) electJoinedLeader() bool {
	l := g.member(g.leader)
	if l == nil {
		return false
	}
	if l.join != nil {
		return true
	}
	for _, m := range g.members {
		if m.join != nil {
			g.leader = m.id
			return true
		}
	}
	return false
}

// rebalanceTimeoutMs is the longest of all members'.
func (g *group) rebalanceTimeoutMs() int64 {
	var longest int64
	for _, m := range g.members {
		longest = max(longest, int64(m.rebalanceTimeoutMs))
	}
	return longest
}

// validate checks that a request comes from a member, and, for a static one, from
// the process that holds the instance id now.
func (g *group) validate(memberID string, instanceID *string) protocol.Error {
	if instanceID != nil {
		switch holder, ok := g.static[*instanceID]; {
		case !ok:
			return protocol.ErrUnknownMemberID
		case holder != memberID:
			return protocol.ErrFencedInstanceID
		}
	}
	if g.byID[memberID] == nil {
		return protocol.ErrUnknownMemberID
	}
	return protocol.ErrNone
}

func strPtrOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func strOrEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
