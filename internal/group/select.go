package group

import (
	"encoding/binary"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
)

// selectProtocol picks the protocol that all members support and most vote for;
// of equals, the one voted for first.
func (g *group) selectProtocol() string {
	candidates := g.candidates()
	votes := map[string]int{}
	var order []string
	for _, m := range g.members {
		v := m.vote(candidates)
		if votes[v] == 0 {
			order = append(order, v)
		}
		votes[v]++
	}
	best := ""
	for i, name := range order {
		if i == 0 || votes[name] > votes[best] {
			best = name
		}
	}
	return best
}

// candidates are the protocols that every member supports.
func (g *group) candidates() map[string]bool {
	out := map[string]bool{}
	for name, n := range g.support { // any order
		if n == len(g.members) {
			out[name] = true
		}
	}
	return out
}

// countSupport enters (by 1) or takes out (by -1) a member's protocols. A name
// listed twice counts once.
func (g *group) countSupport(m *member, by int) {
	if g.support == nil {
		g.support = map[string]int{}
	}
	for i, p := range m.protocols {
		if slices.ContainsFunc(m.protocols[:i], func(q supported) bool { return q.name == p.name }) {
			continue
		}
		if g.support[p.name] += by; g.support[p.name] == 0 {
			delete(g.support, p.name)
		}
	}
}

// accepts reports whether a member with these protocols can be in the group.
func (g *group) accepts(protocolType string, ps []protocol.JoinGroupRequestRequestProtocol) bool {
	if g.state == Empty {
		return protocolType != "" && len(ps) > 0
	}
	if g.protocolType == "" || g.protocolType != protocolType {
		return false
	}
	return slices.ContainsFunc(ps, func(p protocol.JoinGroupRequestRequestProtocol) bool {
		return g.support[p.Name] == len(g.members)
	})
}

// computeSubscribed reads the topics out of the members' metadata, when they speak
// the consumer protocol.
func (g *group) computeSubscribed() {
	g.subscribed, g.subscribedKnown = nil, false
	if g.protocolType != consumerProtocol {
		return
	}
	topics := map[string]struct{}{}
	if len(g.members) > 0 && g.protocol == nil {
		return
	}
	for _, m := range g.members {
		if !addSubscribed(topics, m.metadata(g.protocol)) {
			return
		}
	}
	g.subscribed, g.subscribedKnown = topics, true
}

// addSubscribed reads the part of a consumer's subscription that all versions
// begin with: version int16, array of topic names.
func addSubscribed(topics map[string]struct{}, b []byte) bool {
	if len(b) < 6 {
		return false
	}
	n := int(int32(binary.BigEndian.Uint32(b[2:])))
	b = b[6:]
	for range n {
		if len(b) < 2 {
			return false
		}
		l := int(int16(binary.BigEndian.Uint16(b)))
		if l < 0 || len(b)-2 < l {
			return false
		}
		topics[string(b[2:2+l])] = struct{}{}
		b = b[2+l:]
	}
	return true
}

// subscribedTo is what OffsetDelete and expiry ask. A consumer group whose topics
// cannot be read counts as subscribed to all.
func (g *group) subscribedTo(topic string) bool {
	if !g.subscribedKnown {
		return g.protocolType == consumerProtocol
	}
	_, ok := g.subscribed[topic]
	return ok
}
