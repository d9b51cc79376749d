package quorum

import (
	"slices"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/record"
)

// batchWalk goes through the batches of the metadata log and finds the first bad one. Offsets
// follow each other without a gap, and leader epochs do not descend: so the walk also checks the
// fields that no checksum covers.
type batchWalk struct {
	// from is the offset below which damage loses nothing.
	from int64
	// epochMax is the largest leader epoch of the log, -1 when it is not known.
	epochMax int32

	// first is the base offset of the first segment. next is the offset behind the last intact
	// batch, -1 before the first segment.
	first, next int64
	// epoch is the leader epoch of the last intact batch, -1 behind a bad one. lastEpoch is the
	// largest one of all intact batches.
	epoch, lastEpoch int32
	lastMs           int64 // of the last intact batch
	// several says that the log has a voter set of several voters.
	several bool

	// bad is the offset of the first bad batch, -1 for none: the offset behind the last intact one.
	bad  int64
	file string
	pos  int
	why  string
	// proven says that a torn write cannot look like the bad bytes.
	proven bool
	// minMs and maxMs are the times of the bad batch, if they can be read, and of the intact
	// batches behind it. timed says that there is one.
	minMs, maxMs int64
	timed        bool
	// behind is the number of bytes from the first bad batch on.
	behind int
}

// segment goes through one segment. end is the base offset of the next one.
func (w *batchWalk) segment(data []byte, base, end int64, file string) {
	switch {
	case w.next < 0:
		w.first, w.next = base, base
	case base != w.next:
		// A segment begins after the end of the one before is synced.
		if max(base, w.next) > w.from {
			w.note(file, 0, "the segment does not continue the log", true)
		}
		w.next = base
	}
	for pos := 0; pos < len(data); {
		b := batchAt(data, pos)
		if b != nil && b.BaseOffset() == w.next && w.fits(b) {
			w.take(b)
			pos += len(b)
			continue
		}
		at := w.resync(data, pos)
		w.damaged(data, pos, at, end, file)
		pos = at
	}
}

// batchAt returns the batch at pos if its length, checksum and range of offsets are right.
func batchAt(data []byte, pos int) record.Batch {
	b, _, err := record.Next(data[pos:])
	if err != nil || b.Validate() != nil {
		return nil
	}
	return b
}

func (w *batchWalk) fits(b record.Batch) bool {
	epoch := b.PartitionLeaderEpoch()
	return epoch >= w.epoch && (w.epochMax < 0 || epoch <= w.epochMax)
}

// take notes an intact batch.
func (w *batchWalk) take(b record.Batch) {
	w.next, w.lastMs = b.NextOffset(), b.MaxTimestamp()
	w.epoch = b.PartitionLeaderEpoch()
	w.lastEpoch = max(w.lastEpoch, w.epoch)
	if w.bad >= 0 {
		w.time(w.lastMs)
		w.behind += len(b)
	}
	if b.IsControl() && !w.several {
		parsed, _ := describe(b) // a record that cannot be read fails the start later
		w.several = slices.ContainsFunc(parsed.Control, func(c kraft.Control) bool { return len(c.Voters) > 1 })
	}
}

func (w *batchWalk) time(ms int64) {
	if !w.timed {
		w.timed, w.minMs, w.maxMs = true, ms, ms
	}
	w.minMs, w.maxMs = min(w.minMs, ms), max(w.maxMs, ms)
}

// spread is the time between the writes of the bad batch and of the batches behind it.
func (w *batchWalk) spread() int64 { return w.maxMs - w.minMs }

func (w *batchWalk) note(file string, pos int, why string, proven bool) {
	if w.bad < 0 {
		w.bad, w.file, w.pos, w.why = w.next, file, pos, why
	}
	w.proven = w.proven || proven
}

// damaged notes the bad bytes from pos on. The next intact batch is at position at; end is the
// offset of the next segment.
func (w *batchWalk) damaged(data []byte, pos, at int, end int64, file string) {
	to := end
	if at < len(data) {
		to = record.Batch(data[at:]).BaseOffset()
		w.epoch = -1 // the epoch of the bad batch may be the wrong one
	}
	place := pos
	if at == len(data) {
		place = -1
	}
	d := inspect(data[pos:at], w.next, w.lastMs, place)
	if at == len(data) && d.next > 0 && d.next < to {
		to = d.next
	}
	if to > w.from {
		w.note(file, pos, d.why, d.proven)
	}
	if w.bad >= 0 {
		w.behind += at - pos
	}
	if w.bad >= 0 && d.ms > 0 {
		w.time(d.ms)
	}
	if at < len(data) || to <= w.from {
		w.next = to
	}
}

// resync finds the next intact batch behind the bad bytes at pos, and returns its position, or the
// end of data. It tries the end of the bad batch first: the records of a batch may contain bytes
// that look like a batch. The length there may be wrong and lead to a later batch. So a batch
// before it counts that begins at the offset behind the records of the bad one.
func (w *batchWalk) resync(data []byte, pos int) int {
	budget := 4 * (len(data) - pos)
	follows := func(at int) bool {
		b := record.Batch(data[at:])
		if len(b) < record.HeaderSize || b.Magic() != 2 || b.BaseOffset() <= w.next || b.BaseOffset()-w.next > int64(len(data)) {
			return false
		}
		size := b.Size()
		if size < record.HeaderSize || size > len(b) || size > budget {
			return false
		}
		budget -= size
		return b[:size].Validate() == nil
	}
	find := func(from, to int, offset int64) (at int, found bool) {
		for at = from; at < to && at+record.HeaderSize <= len(data); at++ {
			if (offset < 0 || record.Batch(data[at:]).BaseOffset() == offset) && follows(at) {
				return at, true
			}
		}
		return len(data), false
	}
	if rest := record.Batch(data[pos:]); len(rest) >= record.HeaderSize {
		if size := rest.Size(); size >= record.HeaderSize && size < len(rest) && follows(pos+size) {
			want := w.next + int64(rest.LastOffsetDelta()) + 1
			if record.Batch(data[pos+size:]).BaseOffset() == want || want < 0 {
				return pos + size
			}
			if at, found := find(pos+1, pos+size, want); found {
				return at
			}
			return pos + size
		}
	}
	at, _ := find(pos+1, len(data), -1)
	return at
}
