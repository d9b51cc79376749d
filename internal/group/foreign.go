package group

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/shard"
)

// foreign is a group of a protocol that is not served yet (KIP-848 consumer
// groups, share groups, streams groups), as an Apache Kafka broker left it. Its
// records are only remembered by key: that is enough to list it, to refuse classic
// members while it has members, and to delete it.
type foreign struct {
	// keys of the group's live records. Invariant: never empty.
	keys map[string]struct{}
	// members counts the keys of member records.
	members int
	kind    string // "consumer", "share" or "streams", as ListGroups shows it
}

// foreignKinds says which record types belong to which group type. The types marked perMember are
// one per member: its assignments, and its metadata, which are also marked member.
var foreignKinds = map[int16]struct {
	kind              string
	member, perMember bool
}{
	3: {kind: "consumer"}, 4: {kind: "consumer"}, 5: {"consumer", true, true}, 6: {kind: "consumer"}, 7: {"consumer", false, true},
	8: {"consumer", false, true}, 16: {kind: "consumer"},
	10: {"share", true, true}, 11: {kind: "share"}, 12: {kind: "share"}, 13: {"share", false, true}, 14: {"share", false, true}, 15: {kind: "share"},
	17: {kind: "streams"}, 19: {"streams", true, true}, 20: {kind: "streams"}, 21: {"streams", false, true}, 22: {"streams", false, true},
	23: {kind: "streams"},
}

// replayForeign notes a record. All their keys begin with the type and the group id.
func (s *Shard) replayForeign(typ int16, r shard.Stored) {
	k, known := foreignKinds[typ]
	id, ok := keyGroup(r.Key)
	if !known || !ok {
		return
	}
	f := s.foreign[id]
	key := string(r.Key)
	if r.Value == nil {
		if f == nil {
			return
		}
		if _, ok := f.keys[key]; ok && k.member {
			f.members--
		}
		delete(f.keys, key)
		if len(f.keys) == 0 {
			delete(s.foreign, id)
			s.ensureSimple(id)
		}
		return
	}
	if f == nil {
		f = &foreign{keys: map[string]struct{}{}, kind: k.kind}
		s.foreign[id] = f
		if g := s.groups[id]; g != nil && !g.stored && g.isSimple() {
			s.drop(g)
		}
	}
	if _, ok := f.keys[key]; !ok && k.member {
		f.members++
	}
	f.keys[key] = struct{}{}
}

// KeyOf implements shard.KeyedRecords: all keys begin with the type and the group id.
func (s *Shard) KeyOf(record []byte) string {
	id, _ := keyGroup(record)
	return id
}

func keyGroup(key []byte) (string, bool) {
	if len(key) < 4 {
		return "", false
	}
	n := int(int16(binary.BigEndian.Uint16(key[2:])))
	if n < 0 || len(key) < 4+n {
		return "", false
	}
	return string(key[4 : 4+n]), true
}

// convertible: an empty consumer or streams group becomes a classic one when a classic member
// joins, as in Kafka (GroupMetadataManager.classicGroupJoin).
func (f *foreign) convertible() bool {
	return (f.kind == "consumer" || f.kind == "streams") && f.members == 0
}

// tombstones deletes the group's records whose type is in the filter. They are in descending order
// of type and in this way in Kafka's order: a member's assignments go before the member, and the
// group's own record is the last one. Kafka does not load a partition with another order.
func (f *foreign) tombstones(filter func(typ int16) bool, out *shard.Outcome) {
	keys := slices.Sorted(maps.Keys(f.keys))
	for _, k := range slices.Backward(keys) {
		if filter(int16(binary.BigEndian.Uint16([]byte(k)))) {
			out.Records = append(out.Records, shard.Record{Key: []byte(k)})
		}
	}
}

func allTypes(int16) bool { return true }

// ofMembers reports whether a record type has one record for each member.
func ofMembers(typ int16) bool { return foreignKinds[typ].perMember }

// foreignSessionMs is how long the members of a foreign group stay after a load: the default of
// group.consumer.session.timeout.ms, group.share.session.timeout.ms and
// group.streams.session.timeout.ms. Kafka, too, gives each member a new session at a load.
const foreignSessionMs = 45_000

func foreignKey(groupID string) shard.TimerKey {
	return shard.TimerKey{Kind: timerForeign, Name: groupID}
}

// endForeignSessions removes the members of a foreign group. No member can send a heartbeat,
// because its protocol is not served. Without members, the group can be deleted or, if it is a
// consumer or streams group, joined by classic members.
func (s *Shard) endForeignSessions(groupID string, out *shard.Outcome) {
	f := s.foreign[groupID]
	if f == nil || f.members == 0 {
		return
	}
	out.Note(groupID, "members are removed from a group whose protocol is not served", "group", groupID, "type", f.kind, "members", f.members)
	f.tombstones(ofMembers, out)
	out.Divisible = true
}

// state as ListGroups shows it; without their protocol no more is known.
func (f *foreign) state() string {
	if f.members == 0 {
		return "Empty"
	}
	return "Stable"
}
