package group

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// checker knows the rules of the classic protocol.
type checker struct {
	err error
	// by group and generation
	leaders map[string]string
	owners  map[string]string // partition → instance or member that owns it
}

func newChecker() *checker {
	return &checker{leaders: map[string]string{}, owners: map[string]string{}}
}

func (k *checker) fail(format string, a ...any) {
	if k.err == nil {
		k.err = fmt.Errorf(format, a...)
	}
}

// joined checks that all members of a generation agree on its leader, by instance id when it is
// static.
func (k *checker) joined(c *client, r *protocol.JoinGroupResponse) {
	if r.Leader == r.MemberID && len(r.Members) == 0 && !r.SkipAssignment {
		// The same generation again, to a leader whose sync was not seen: harmless,
		// it only happens in Stable for members that do not assign.
		return
	}
	if r.Leader == "" {
		k.fail("%s: generation %d of %s has no leader", c.name, r.GenerationID, c.group)
	}
	if !slices.ContainsFunc(r.Members, func(m protocol.JoinGroupResponseResponseMember) bool { return m.MemberID == r.MemberID }) && len(r.Members) > 0 {
		k.fail("%s: not among the members of the answer", c.name)
	}
}

// assigned: in one generation no two members own the same.
func (k *checker) assigned(c *client, owned string) {
	if owned == "" {
		return
	}
	who := c.id
	if c.instance != nil {
		who = *c.instance
	}
	var generation int32
	fmt.Sscanf(owned, "%d/", &generation)
	if generation != c.generation {
		k.fail("%s: in generation %d got %q", c.name, c.generation, owned)
	}
	key := c.group + " " + owned
	if other, ok := k.owners[key]; ok && other != who {
		k.fail("%s of %s is owned by %s and %s", owned, c.group, other, who)
	}
	k.owners[key] = who
}

// deleted: a new group of the same name may assign what an earlier one did.
func (k *checker) deleted(group string) {
	maps.DeleteFunc(k.owners, func(key, _ string) bool { return strings.HasPrefix(key, group+" ") })
}

// state checks the shard itself, and that its log gives it again.
func (k *checker) state(s *sim) {
	k.invariants(s.s)
	live := s.s
	again := replayed(s.s.config, s.log)
	if !reflect.DeepEqual(live.offsets, again.offsets) {
		k.fail("offsets: memory %v, log %v", live.offsets, again.offsets)
	}
	compacted := replayed(s.s.config, compact(s.log))
	if !reflect.DeepEqual(stripOffsets(again.offsets), stripOffsets(compacted.offsets)) {
		k.fail("offsets: log %v, compacted %v", again.offsets, compacted.offsets)
	}
	for id, g := range again.groups {
		if d := diffGroups(g, compacted.groups[id]); d != "" {
			k.fail("group %s after compaction: %s", id, d)
		}
		l := live.groups[id]
		if l == nil {
			k.fail("group %s is in the log only", id)
			continue
		}
		if g.generation > l.generation {
			k.fail("group %s: generation %d in the log, %d in memory", id, g.generation, l.generation)
		}
		if l.is(Stable, Empty) && l.stored {
			if d := diffGroups(l, g); d != "" {
				k.fail("group %s from the log: %s", id, d)
			}
		}
	}
}

func stripOffsets(o map[string]topicOffsets) map[string]topicOffsets {
	out := map[string]topicOffsets{}
	for g, byTopic := range o {
		out[g] = topicOffsets{}
		for t, ps := range byTopic {
			out[g][t] = maps.Clone(ps)
			for p, c := range out[g][t] {
				c.recordOffset = 0
				out[g][t][p] = c
			}
		}
	}
	return out
}

// compact keeps the last record of each key, and tombstones of none.
func compact(log []shard.Stored) []shard.Stored {
	last := map[string]int64{}
	for _, r := range log {
		last[string(r.Key)] = r.Offset
	}
	var out []shard.Stored
	for _, r := range log {
		if last[string(r.Key)] == r.Offset && r.Value != nil {
			out = append(out, r)
		}
	}
	return out
}

func diffGroups(a, b *group) string {
	switch {
	case b == nil:
		return "missing"
	case a.generation != b.generation, a.state != b.state, strOrEmpty(a.protocol) != strOrEmpty(b.protocol), a.protocolType != b.protocolType:
		return fmt.Sprintf("generation %d/%d state %v/%v protocol %s/%s", a.generation, b.generation, a.state, b.state, strOrEmpty(a.protocol), strOrEmpty(b.protocol))
	case len(a.members) != len(b.members):
		return fmt.Sprintf("%d/%d members", len(a.members), len(b.members))
	}
	for i, m := range a.members {
		o := b.members[i]
		if m.id != o.id || !bytes.Equal(m.assignment, o.assignment) || m.client != o.client || strOrEmpty(m.instanceID) != strOrEmpty(o.instanceID) {
			return fmt.Sprintf("member %s %q / %s %q", m.id, m.assignment, o.id, o.assignment)
		}
	}
	return ""
}

// invariants checks what the fields' comments promise.
func (k *checker) invariants(s *Shard) {
	var counts [numStates]int
	for id, g := range s.groups {
		counts[g.state]++
		awaiting := 0
		support := map[string]int{}
		for _, m := range g.members {
			if g.byID[m.id] != m {
				k.fail("group %s: member %s not by id", id, m.id)
			}
			if m.join != nil {
				awaiting++
			}
			if m.instanceID != nil && g.static[*m.instanceID] != m.id {
				k.fail("group %s: static %s is %s", id, *m.instanceID, g.static[*m.instanceID])
			}
			for _, p := range m.protocols {
				support[p.name]++
			}
		}
		if awaiting != g.awaitingJoin || len(g.byID) != len(g.members) {
			k.fail("group %s: %d wait, %d counted; %d members, %d by id", id, awaiting, g.awaitingJoin, len(g.members), len(g.byID))
		}
		if len(g.support) != len(support) || (len(support) > 0 && !reflect.DeepEqual(support, g.support)) {
			k.fail("group %s: support %v, counted %v", id, support, g.support)
		}
		if len(g.members) > 0 && g.member(g.leader) == nil {
			k.fail("group %s: leader %q is no member", id, g.leader)
		}
		if g.state == Empty && len(g.members) > 0 || g.is(Stable, CompletingRebalance) && len(g.members) == 0 {
			k.fail("group %s: %v with %d members", id, g.state, len(g.members))
		}
	}
	if counts != s.counts.Groups {
		k.fail("groups %v, counted %v", counts, s.counts.Groups)
	}
	offsets := 0
	for id, byTopic := range s.offsets {
		if s.groups[id] == nil && s.foreign[id] == nil {
			k.fail("offsets of %q belong to no group", id)
		}
		for _, ps := range byTopic {
			offsets += len(ps)
		}
	}
	if offsets != s.counts.Offsets {
		k.fail("%d offsets, counted %d", offsets, s.counts.Offsets)
	}
}
