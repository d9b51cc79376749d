package segfile

// Index is the offset and the time index of a segment in memory. Guarded by segment.mu.
type Index struct {
	Offsets OffsetIndex
	Times   timeIndex
	// Entries that the files hold already. Rewrite says that the files must be written from the
	// beginning.
	OffsetsOnFile, TimesOnFile int
	Rewrite                    bool
	// FromLog says that every entry was made from a batch of the log in this process, and none was
	// read from a file.
	FromLog bool
}

func (x *Index) Add(rel, pos int32, maxTs int64, maxTsRel int32) {
	if n := len(x.Offsets); n == 0 || rel > x.Offsets[n-1].Rel && pos > x.Offsets[n-1].Pos {
		x.Offsets = append(x.Offsets, OffsetEntry{Rel: rel, Pos: pos})
	}
	x.AddTime(maxTs, maxTsRel)
}

// AddTime adds an entry if the timestamp is a new maximum (Kafka's TimeIndex.maybeAppend).
func (x *Index) AddTime(ts int64, rel int32) bool {
	if ts < 0 {
		return false
	}
	if n := len(x.Times); n > 0 && (ts <= x.Times[n-1].Ts || rel < x.Times[n-1].Rel) {
		return false
	}
	x.Times = append(x.Times, timeEntry{Ts: ts, Rel: rel})
	return true
}

// Builder makes indexes from batches in their order, as noteBatch does while appending.
type Builder struct {
	X                  *Index
	Base, interval     int64
	Since              int64
	MaxTs, MaxTsOffset int64
	doubt              bool // see Doubt
}

func NewBuilder(base, interval int64) *Builder {
	return &Builder{X: &Index{Rewrite: true, FromLog: true}, Base: base, interval: interval, MaxTs: -1, MaxTsOffset: base}
}

// Gap says that the next batch comes after damaged bytes: it gets an entry, because no walk from
// before it finds it.
func (b *Builder) Gap() { b.Since = b.interval + 1 }

// Doubt says that the offset of the next batch may be wrong: the batch behind it gets the entry.
func (b *Builder) Doubt() { b.doubt = true }

func (b *Builder) Add(h *Head) {
	if h.MaxTs > b.MaxTs {
		b.MaxTs, b.MaxTsOffset = h.MaxTs, h.Last
	}
	if b.doubt {
		b.doubt = false
		return
	}
	if b.Since > b.interval {
		b.X.Add(int32(h.Last-b.Base), int32(h.Pos), b.MaxTs, int32(b.MaxTsOffset-b.Base))
		b.Since = 0
	}
	b.Since += h.Size
}
