package group

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/shard"
)

// driver stands in for the engine: a clock, timers, and a log that commits at once, or on request
// while holding.
type driver struct {
	config Config
	s      *Shard
	now    int64
	uuids  int
	timers map[shard.TimerKey]int64
	log    []shard.Stored
	// holding keeps the log from committing. committed is the number of committed records.
	holding   bool
	committed int
	held      []held // what waits for the commit
	out       strings.Builder
	ids       map[string]string // the last member id in an answer, by the name of the waiter
	onReply   func(name string, r any)
	quiet     bool
	replies   int    // waiters that were answered
	waiting   int    // waiters made
	bug       string // a planted bug
	notes     []shard.Note
	// onDeleted is called for each tombstone of a group: the next group of this name begins at
	// generation 0.
	onDeleted func(group string)
}

func newDriver(c Config) *driver {
	d := &driver{config: c, now: 1000, timers: map[shard.TimerKey]int64{}, ids: map[string]string{}}
	d.s = New(func() Config { return d.config })
	d.do(d.s.Loaded(d.now))
	return d
}

func (d *driver) take() string {
	s := d.out.String()
	d.out.Reset()
	return s
}

func (d *driver) printf(format string, a ...any) {
	if !d.quiet {
		fmt.Fprintf(&d.out, format+"\n", a...)
	}
}

// held is an answer, or the deletion of a group, that waits for the commit.
type held struct {
	reply   shard.Reply
	deleted string
}

// id returns the member id that a waiter got, or its name.
func (d *driver) id(name string) string {
	if id, ok := d.ids[name]; ok {
		return id
	}
	return name
}

type testWaiter struct {
	d    *driver
	name string
	done bool
}

func (d *driver) waiter(name string) shard.Waiter {
	d.waiting++
	return &testWaiter{d: d, name: name}
}

func (w *testWaiter) Reply(r any) {
	w.once()
	if j, ok := r.(*protocol.JoinGroupResponse); ok && j.MemberID != "" {
		w.d.ids[w.name] = j.MemberID
	}
	w.d.printf("%s: %s", w.name, w.d.show(r))
	if w.d.onReply != nil {
		w.d.onReply(w.name, r)
	}
}

func (w *testWaiter) Fail(err protocol.Error) {
	w.once()
	w.d.printf("%s: failed %s", w.name, err.Name())
	if w.d.onReply != nil {
		w.d.onReply(w.name, err)
	}
}

func (w *testWaiter) once() {
	if w.done {
		panic("waiter " + w.name + " answered twice")
	}
	w.done = true
	w.d.replies++
}

// do performs an outcome as internal/coordinator does.
func (d *driver) do(o shard.Outcome) {
	for _, t := range o.Timers {
		if t.At == 0 {
			delete(d.timers, t.Key)
		} else {
			d.timers[t.Key] = t.At
		}
	}
	d.notes = append(d.notes, o.Notes...)
	for _, r := range o.Records {
		d.add(r)
	}
	if d.bug == "early-answer" || !d.holding || d.committed == len(d.log) {
		d.answer(o.Replies)
	} else {
		for _, r := range o.Replies {
			d.held = append(d.held, held{reply: r})
		}
	}
	if !d.holding {
		d.committed = len(d.log)
	}
}

func (d *driver) answer(rs []shard.Reply) {
	for _, r := range rs {
		if d.bug == "lost-answer" && d.now%97 == 0 {
			continue
		}
		if r.Err != protocol.ErrNone {
			r.To.Fail(r.Err)
		} else {
			r.To.Reply(r.Response)
		}
	}
}

// add replays a record and puts it into the log.
func (d *driver) add(r shard.Record) {
	if r.Err != nil {
		panic(r.Err)
	}
	st := shard.Stored{Offset: int64(len(d.log)), Timestamp: d.now, ProducerID: -1, ProducerEpoch: -1, Key: r.Key, Value: r.Value}
	d.log = append(d.log, st)
	if !d.quiet {
		d.printf("  log %s", showRecord(r))
	}
	d.plant(r)
	if d.bug == "lost-replay" && st.Offset%50 == 49 {
		return
	}
	if err := d.s.Replay(st); err != nil {
		panic(err)
	}
}

// plant breaks the state when a bug is planted that a group's record triggers.
func (d *driver) plant(r shard.Record) {
	k, err := grouprecord.DecodeKey(r.Key)
	if err != nil {
		return
	}
	g, ok := k.(*grouprecord.GroupMetadataKey)
	if !ok {
		return
	}
	if r.Value == nil && d.onDeleted != nil {
		if d.holding {
			d.held = append(d.held, held{deleted: g.Group})
		} else {
			d.onDeleted(g.Group)
		}
	}
	if g := d.s.groups[g.Group]; g != nil && d.bug == "generation-back" && g.generation > 3 {
		g.generation -= 3
	}
	if d.bug == "counts" {
		d.s.counts.Groups[Stable]++
	}
}

// release ends holding: the records that are held are committed, or the append fails and the
// coordinator loads its log again.
func (d *driver) release(err protocol.Error) {
	d.holding = false
	waiting := d.held
	d.held = nil
	if err == protocol.ErrNone {
		d.committed = len(d.log)
	}
	for _, h := range waiting {
		switch {
		case h.deleted == "" && err == protocol.ErrNone:
			d.answer([]shard.Reply{h.reply})
		case h.deleted == "":
			h.reply.To.Fail(err)
		case err == protocol.ErrNone:
			d.onDeleted(h.deleted)
		}
	}
	if err == protocol.ErrNone {
		return
	}
	if d.committed < len(d.log) {
		d.log = d.log[:d.committed]
		d.reload()
	}
}

// advance fires timers in order up to a time.
func (d *driver) advance(to int64) {
	for {
		var next shard.TimerKey
		at := int64(-1)
		for _, k := range slices.SortedFunc(maps.Keys(d.timers), func(a, b shard.TimerKey) int {
			return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
		}) {
			if t := d.timers[k]; t <= to && (at < 0 || t < at) {
				next, at = k, t
			}
		}
		if at < 0 {
			break
		}
		delete(d.timers, next)
		d.now = max(d.now, at)
		d.do(d.s.Fire(d.now, next))
	}
	d.now = to
}

// reload drops the state and replays the log.
func (d *driver) reload() {
	d.answer(d.s.Unloaded().Replies)
	d.timers, d.held, d.holding, d.committed = map[shard.TimerKey]int64{}, nil, false, len(d.log)
	d.s = replayed(func() Config { return d.config }, d.log)
	d.do(d.s.Loaded(d.now))
}

func replayed(config func() Config, log []shard.Stored) *Shard {
	s := New(config)
	for _, r := range log {
		if err := s.Replay(r); err != nil {
			panic(err)
		}
	}
	s.prune()
	return s
}

func (d *driver) store(r shard.Record, producer int64) {
	st := shard.Stored{Offset: int64(len(d.log)), Timestamp: d.now, ProducerID: producer, Key: r.Key, Value: r.Value}
	d.log = append(d.log, st)
	d.committed = len(d.log)
	if err := d.s.Replay(st); err != nil {
		panic(err)
	}
}

func showRecord(r shard.Record) string {
	k, err := grouprecord.DecodeKey(r.Key)
	if err != nil {
		return err.Error()
	}
	switch k := k.(type) {
	case *grouprecord.OffsetCommitKey:
		if r.Value == nil {
			return fmt.Sprintf("offset %s %s-%d deleted", k.Group, k.Topic, k.Partition)
		}
		m, _ := grouprecord.DecodeValue(1, r.Value)
		v := m.(*grouprecord.OffsetCommitValue)
		return fmt.Sprintf("offset %s %s-%d v%d %d %q at %d expire %d", k.Group, k.Topic, k.Partition, r.Value[1], v.Offset, v.Metadata, v.CommitTimestamp, v.ExpireTimestamp)
	case *grouprecord.GroupMetadataKey:
		if r.Value == nil {
			return fmt.Sprintf("group %s deleted", k.Group)
		}
		m, _ := grouprecord.DecodeValue(2, r.Value)
		v := m.(*grouprecord.GroupMetadataValue)
		s := fmt.Sprintf("group %s v%d %q generation %d protocol %s leader %s at %d", k.Group, r.Value[1], v.ProtocolType, v.Generation,
			orNull(v.Protocol), orNull(v.Leader), v.CurrentStateTimestamp)
		for _, m := range v.Members {
			s += fmt.Sprintf(" [%s=%s]", m.MemberID, m.Assignment)
		}
		return s
	default:
		return fmt.Sprintf("%T deleted=%v", k, r.Value == nil)
	}
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// show prints a response on one line.
func (d *driver) show(r any) string {
	name := func(code int16) string { return protocol.Error(code).Name() }
	switch r := r.(type) {
	case *protocol.JoinGroupResponse:
		s := fmt.Sprintf("join %s member=%s generation=%d", name(r.ErrorCode), r.MemberID, r.GenerationID)
		if r.ErrorCode != 0 {
			return s
		}
		s += fmt.Sprintf(" type=%s protocol=%s leader=%s", orNull(r.ProtocolType), orNull(r.ProtocolName), r.Leader)
		if r.SkipAssignment {
			s += " skip"
		}
		for _, m := range r.Members {
			s += " [" + m.MemberID + "]"
		}
		return s
	case *protocol.SyncGroupResponse:
		return fmt.Sprintf("sync %s %q", name(r.ErrorCode), r.Assignment)
	case *protocol.HeartbeatResponse:
		return "heartbeat " + name(r.ErrorCode)
	case *protocol.LeaveGroupResponse:
		s := "leave " + name(r.ErrorCode)
		for _, m := range r.Members {
			s += fmt.Sprintf(" [%s/%s %s]", m.MemberID, orNull(m.GroupInstanceID), name(m.ErrorCode))
		}
		return s
	case *protocol.OffsetCommitResponse:
		return "commit " + name(r.Topics[0].Partitions[0].ErrorCode)
	case *protocol.OffsetFetchResponseResponseGroup:
		s := "fetch " + name(r.ErrorCode)
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				s += fmt.Sprintf(" [%s-%d %d %q %s]", t.Name, p.PartitionIndex, p.CommittedOffset, *p.Metadata, name(p.ErrorCode))
			}
		}
		return s
	case *protocol.OffsetDeleteResponse:
		s := "offset-delete " + name(r.ErrorCode)
		for _, t := range r.Topics {
			s += fmt.Sprintf(" [%s-%d %s]", t.Name, t.Partitions[0].PartitionIndex, name(t.Partitions[0].ErrorCode))
		}
		return s
	case *protocol.DescribeGroupsResponseDescribedGroup:
		s := fmt.Sprintf("describe %s %s %s type=%q protocol=%q", name(r.ErrorCode), orNull(r.ErrorMessage), r.GroupState, r.ProtocolType, r.ProtocolData)
		for _, m := range r.Members {
			s += fmt.Sprintf(" [%s %s %s metadata=%d assignment=%q]", m.MemberID, m.ClientID, m.ClientHost, len(m.MemberMetadata), bytes.TrimSpace(m.MemberAssignment))
		}
		return s
	case *protocol.DeleteGroupsResponseDeletableGroupResult:
		return "delete " + name(r.ErrorCode)
	}
	return fmt.Sprintf("%T", r)
}

// must returns the bytes of an encoding that cannot fail.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
