package record

import "math"

// walker checks the records of one batch one after the other. It gets the payload in pieces, so
// that a compressed batch need not be in memory as a whole, and keeps nothing of a record but its
// timestamp, its offset and whether it has a key. It allocates only for records that the topic
// refuses.
type walker struct {
	o *ValidateOptions
	v *Validation

	left       int32 // records that the header still promises
	index      int32 // of the current record in its batch
	baseOffset int64
	baseTime   int64
	appendTime int64 // of every record, if logAppend
	logAppend  bool
	// checkTime says that timestamps must lie in [earliest, latest].
	checkTime        bool
	earliest, latest int64
	// badType says that no record may be accepted, because of the timestamp type of the batch.
	badType bool

	err error
	cut cutRecord
}

// start points the walker at a batch. v takes the results.
func (w *walker) start(b Batch, o *ValidateOptions, v *Validation) {
	*w = walker{o: o, v: v, left: b.Count(), baseOffset: b.BaseOffset(), baseTime: b.BaseTimestamp(),
		logAppend: b.TimestampType() == LogAppendTime, appendTime: b.MaxTimestamp()}
	if w.logAppend && o.Produced {
		w.logAppend, w.badType = false, o.TimestampType == LogAppendTime
	}
	w.checkTime = o.TimestampType == CreateTime
	w.earliest, w.latest = o.timestamps()
	if w.left < 0 {
		w.err = errNegativeCount(w.left)
	}
}

// feed checks the next piece of the payload. False: an error ended the walk, see err.
func (w *walker) feed(p []byte) bool {
	for len(p) > 0 && w.err == nil {
		if w.cut.field == noField {
			if p = w.whole(p); len(p) == 0 || w.err != nil {
				break
			}
			if w.left == 0 {
				w.err = errTrailing(len(p))
				break
			}
			w.cut.field = lengthField
		}
		p = w.split(p)
	}
	return w.err == nil
}

// finish reports whether the payload ended where its last record did.
func (w *walker) finish() error {
	if w.err == nil && (w.left > 0 || w.cut.field != noField) {
		w.err = errRecordSize
	}
	return w.err
}

// whole checks the records that lie in p from end to end. It returns the bytes after them.
func (w *walker) whole(p []byte) []byte {
	for w.left > 0 && len(p) > 0 {
		length, n := varint(p)
		if n == 0 {
			if len(p) >= maxVarint {
				w.err = errRecordSize
			}
			return p
		}
		if w.err = w.checkLength(length); w.err != nil || int(length) > len(p)-n {
			return p
		}
		end := n + int(length)
		if !w.record(p[n:end]) {
			w.err = errRecordForm
			return p
		}
		p = p[end:]
	}
	return p
}

// checkLength checks the length field of a record.
func (w *walker) checkLength(length int32) error {
	if length < minRecordSize-1 {
		return errRecordSize
	}
	if limit := w.o.Limits.MaxRecord; limit > 0 && int(length) > limit {
		return errRecordTooLong(length, limit)
	}
	return nil
}

// record checks one record body, which must fill b exactly. It accepts the records that
// Reader.parse accepts.
func (w *walker) record(b []byte) bool {
	b = b[1:] // attributes; no bit has a meaning
	timeDelta, n := varlong(b)
	if n == 0 {
		return false
	}
	b = b[n:]
	offsetDelta, n := varint(b)
	if n == 0 {
		return false
	}
	b = b[n:]
	keySize, n := varint(b)
	if n == 0 || keySize < -1 || int(keySize) > len(b)-n {
		return false
	}
	b = b[n+int(max(keySize, 0)):]
	valueSize, n := varint(b)
	if n == 0 || valueSize < -1 || int(valueSize) > len(b)-n {
		return false
	}
	b = b[n+int(max(valueSize, 0)):]
	headers, n := varint(b)
	if n == 0 || headers < 0 || int(headers) > len(b)-n || !checkHeaders(b[n:], int(headers)) {
		return false
	}
	w.accept(timeDelta, offsetDelta, keySize >= 0)
	return true
}

// accept takes a well-formed record: it decides whether the topic takes it, too.
func (w *walker) accept(timeDelta int64, offsetDelta int32, hasKey bool) {
	timestamp := w.baseTime + timeDelta
	if w.logAppend {
		timestamp = w.appendTime
	}
	offset := w.baseOffset + int64(offsetDelta)
	if timestamp > w.v.MaxTimestamp {
		w.v.MaxTimestamp, w.v.MaxTimestampOffset = timestamp, offset
	}
	switch {
	case offset != w.baseOffset+int64(w.index):
		w.v.refuse(w.o, w.index, offset, timestamp, errNotIncremental)
	case w.o.Compacted && !hasKey:
		w.v.refuse(w.o, w.index, offset, timestamp, ErrInvalid)
	case w.badType:
		w.v.refuse(w.o, w.index, offset, timestamp, errTimestampType)
	case w.checkTime && (timestamp < w.earliest || timestamp > w.latest) && timestamp != NoTimestamp:
		w.v.refuse(w.o, w.index, offset, timestamp, ErrInvalidTimestamp)
	}
	w.index++
	w.left--
}

// timestamps returns the first and the last timestamp that the topic takes, without overflow.
func (o *ValidateOptions) timestamps() (earliest, latest int64) {
	earliest, latest = o.Now-o.BeforeMaxMs, o.Now+o.AfterMaxMs
	if (earliest > o.Now) != (o.BeforeMaxMs < 0) {
		earliest = math.MinInt64
	}
	if o.AfterMaxMs == math.MaxInt64 || (latest < o.Now) != (o.AfterMaxMs < 0) {
		latest = math.MaxInt64
	}
	return earliest, latest
}
