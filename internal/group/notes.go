package group

import "github.com/gregorhq/gregor/internal/shard"

// The lines about groups in the log, at the same events as in Kafka's GroupMetadataManager.

// noteMember writes a line about one member. reason is empty when there is none.
func noteMember(g *group, m *member, text, reason string, out *shard.Outcome) {
	attrs := []any{"group", g.id, "member", m.id}
	if m.instanceID != nil {
		attrs = append(attrs, "group.instance.id", *m.instanceID)
	}
	attrs = append(attrs, "client.id", m.client.ID, "client.address", m.client.Host, "generation", g.generation)
	if reason != "" {
		attrs = append(attrs, "reason", reason)
	}
	out.Note(g.id+"\x00"+m.id, text, attrs...)
}

// noteRebalance writes the line that a rebalance begins.
func noteRebalance(g *group, reason string, out *shard.Outcome) {
	out.Note(g.id, "group rebalances", "group", g.id, "generation", g.generation, "state", g.state.String(), "members", len(g.members),
		"reason", reason)
}

// noteGeneration writes the line that a generation has begun.
func noteGeneration(g *group, out *shard.Outcome) {
	if len(g.members) == 0 {
		out.Note(g.id, "group is empty", "group", g.id, "generation", g.generation)
		return
	}
	static := len(g.static)
	out.Note(g.id, "group has a new generation", "group", g.id, "generation", g.generation, "members", len(g.members),
		"static.members", static, "leader", g.leader, "protocol", strOrEmpty(g.protocol))
}

// noteAssignment writes the line that the leader's assignment was stored.
func noteAssignment(g *group, out *shard.Outcome) {
	out.Note(g.id, "group got its assignment", "group", g.id, "generation", g.generation, "members", len(g.members), "leader", g.leader)
}
