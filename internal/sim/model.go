package sim

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// topicKind is the purpose of a topic. Each kind has its own promises.
type topicKind int

const (
	// plain topics keep all records except the deleted ones of DeleteRecords.
	plain topicKind = iota
	// short topics lose records by time.
	short
	// compacted topics keep the newest record of each key.
	compacted
)

// shortRetentionMs is the retention of short topics.
const shortRetentionMs = 90_000

func (k topicKind) configs() [][2]string {
	switch k {
	case short:
		return [][2]string{{"retention.ms", fmt.Sprint(shortRetentionMs)}, {"internal.segment.bytes", "4096"}}
	case compacted:
		return [][2]string{{"cleanup.policy", "compact"}, {"segment.ms", "15000"}, {"internal.segment.bytes", "4096"}, {"delete.retention.ms", "30000"}}
	}
	return [][2]string{{"retention.ms", "-1"}, {"internal.segment.bytes", "8192"}}
}

// topic is the model of one topic: the promises that answers made about it.
type topic struct {
	name string
	kind topicKind
	id   wire.UUID
	// exists means that a create was acknowledged, and that no delete was sent since.
	exists bool
	// unsure means that a create or delete is in progress, or that its outcome is unknown.
	unsure bool
	// passing topics are deleted later.
	passing bool
	// changed is the time of the last change of exists.
	changed time.Duration
	parts   []*part
	// number distinguishes the topics of one name.
	number int
	// configs are acknowledged overrides. pendingConfig is an override with an unknown outcome.
	configs map[string]string
}

// gone reports whether the topic is deleted for certain. A late request or answer of it may belong
// to a new topic of the same name, so that it says nothing about this one.
func (t *topic) gone() bool { return !t.exists && !t.unsure }

// part is the model of one partition.
type part struct {
	t     *topic
	index int32
	// known maps an offset to the record that a client read there or that was acknowledged with
	// this offset.
	known map[int64]entry
	// durable is the end of the newest batch that was acknowledged with acks=all. No power cut
	// removes records before it.
	durable int64
	// deleteTo is the largest offset of all DeleteRecords requests, acknowledged or not.
	deleteTo int64
	// start is the largest log start offset that a client saw, startAcked the largest of an
	// acknowledged DeleteRecords. A power cut may revert the first, not the second.
	start, startAcked int64
	// hw is the largest high watermark that a client saw since the last power cut.
	hw int64
	// epoch is the largest leader epoch that a client saw.
	epoch int32
	// latest maps a key of a compacted topic to its records, the newest last.
	latest map[string]*keyState
}

// entry is one record as clients know it.
type entry struct {
	value string
	ms    int64
	// acked means that an answer assigned this offset to the record.
	acked bool
}

// keyState is the set of possible newest values of a key. The newest acknowledged value is the
// first. The values after it were sent later, with unknown outcome.
type keyState struct {
	may []string
	// none means that the key may be absent, too.
	none bool
	// touched is the time of the last change of this state.
	touched time.Duration
}

func newPart(t *topic, index int32) *part {
	return &part{t: t, index: index, known: map[int64]entry{}, latest: map[string]*keyState{}, epoch: -1}
}

func (p *part) String() string { return fmt.Sprintf("%s-%d", p.t.name, p.index) }

// see compares a record that was read or acknowledged at an offset with the known record there.
func (p *part) see(w *World, offset int64, value string, ms int64, acked bool, by string) {
	if p.t.gone() {
		return
	}
	if old, ok := p.known[offset]; ok {
		if old.value != value {
			w.fail("offsets: %v offset %d holds %q for %s, was %q", p, offset, value, by, old.value)
		}
		acked = acked || old.acked
	}
	p.known[offset] = entry{value: value, ms: ms, acked: acked}
}

// ack records that a batch was acknowledged.
func (p *part) ack(w *World, base int64, values []string, ms int64, acks int16, by string) {
	for i, v := range values {
		p.see(w, base+int64(i), v, ms, true, by)
	}
	if acks == -1 {
		p.durable = max(p.durable, base+int64(len(values)))
	}
}

// powerLost forgets the promises that a power cut may break.
func (p *part) powerLost() {
	for offset := range p.known { // any order
		if offset >= p.durable {
			delete(p.known, offset)
		}
	}
	p.hw, p.start = min(p.hw, p.durable), p.startAcked
}

// floor are the promises at the time of a request: the answer must not be below them. Promises that
// were made while the request was in flight do not bind its answer.
type floor struct{ start, hw, durable int64 }

func (p *part) floor() floor { return floor{p.start, p.hw, p.durable} }

// raiseStart records a log start offset.
func (p *part) raiseStart(w *World, f floor, start int64, by string) {
	if p.t.gone() {
		return
	}
	if start < f.start {
		w.fail("log start: %v starts at %d for %s, started at %d before", p, start, by, f.start)
	}
	p.start = max(p.start, start)
}

// raiseHW records a high watermark.
func (p *part) raiseHW(w *World, f floor, hw int64, by string) {
	if p.t.gone() {
		return
	}
	if hw < f.hw {
		w.fail("high watermark: %v falls from %d to %d for %s", p, f.hw, hw, by)
	}
	if hw < f.durable {
		w.fail("lost: %v ends at %d for %s, but offset %d was acknowledged", p, hw, by, f.durable-1)
	}
	p.hw = max(p.hw, hw)
}

// group is the model of a consumer group's committed offsets.
type group struct {
	name string
	// commits holds the commits of each partition of the topic that the group reads.
	commits []commits
	// generation is the last generation that a member joined, synced the largest that a member has
	// synced.
	generation, synced int32
	// owners maps partitions to the ids of the members that own them in generation.
	owners map[int32]string
}

// commits are the committed offsets of one partition. Every commit has a larger offset than all
// commits sent before it.
type commits struct {
	next, acked, sent int64
}

// mayDelete reports whether the promises allow that a record is gone.
func (p *part) mayDelete(s *session, offset int64, e entry) bool {
	return offset < p.deleteTo || p.t.kind == short && e.ms <= later(s.lastWall, s.w.wall()).UnixMilli()-shortRetentionMs
}
