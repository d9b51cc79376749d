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
	// since is the time in ms from which the retention of offsets counts, if the commit is older:
	// the load, or the removal of the members. The group's records have no such time.
	since int64
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

// convertible reports whether a classic member that joins makes the group a classic one, as in
// Kafka (GroupMetadataManager.classicGroupJoin). Members that are left from Apache Kafka do not
// count: nothing can use them here, and a refusal would end the client.
func (f *foreign) convertible() bool { return f.kind == "consumer" || f.kind == "streams" }

// assignmentTypes are the types of the records about target assignments, by group type: of the
// group, and of each member. memberTypes are the types of the member records.
var (
	assignmentTypes = map[string][]int16{"consumer": {6, 7, 8}, "share": {12, 13, 14}, "streams": {20, 21, 22}}
	memberTypes     = map[string]int16{"consumer": 5, "share": 10, "streams": 19}
)

// tombstones deletes the group's records whose type is in the filter. They are in descending order
// of type and in this way in Kafka's order: a member's assignments go before the member, and the
// group's own record is the last one. Kafka does not load a partition with another order, and needs
// the tombstones of assignments also where no such record was written.
func (f *foreign) tombstones(filter func(typ int16) bool, out *shard.Outcome) {
	keys := maps.Clone(f.keys)
	types, member := assignmentTypes[f.kind], memberTypes[f.kind]
	for key := range f.keys { // any order: keys is a set
		group, _ := keyGroup([]byte(key))
		keys[retyped(key[:4+len(group)], types[0])] = struct{}{}
		if typeOf(key) == member {
			keys[retyped(key, types[1])], keys[retyped(key, types[2])] = struct{}{}, struct{}{}
		}
	}
	for _, k := range slices.Backward(slices.Sorted(maps.Keys(keys))) {
		if filter(typeOf(k)) {
			out.Records = append(out.Records, shard.Record{Key: []byte(k)})
		}
	}
}

// typeOf returns the record type, with which every key begins.
func typeOf(key string) int16 { return int16(binary.BigEndian.Uint16([]byte(key))) }

// retyped returns key with another record type.
func retyped(key string, typ int16) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(typ))) + key[2:]
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
// because its protocol is not served. Without members, the group can be deleted.
func (s *Shard) endForeignSessions(now int64, groupID string, out *shard.Outcome) {
	f := s.foreign[groupID]
	if f == nil || f.members == 0 {
		return
	}
	out.Note(groupID, "members are removed from a group whose protocol is not served", "group", groupID, "type", f.kind, "members", f.members)
	f.tombstones(ofMembers, out)
	f.since = now
	out.Divisible = true
}

// state as ListGroups shows it; without their protocol no more is known.
func (f *foreign) state() string {
	if f.members == 0 {
		return "Empty"
	}
	return "Stable"
}
