package record

// maxVarint is the largest size of a varint in bytes, maxVarlong that of a varlong.
const (
	maxVarint  = 5
	maxVarlong = 10
)

// recordField is a field of a record, in the order of the format.
type recordField uint8

const (
	noField recordField = iota // between two records
	lengthField
	attributesField
	timeDeltaField
	offsetDeltaField
	keyField
	valueField
	headerCountField
	headerKeyField
	headerValueField
)

// cutRecord is a record that began in one piece of the payload and goes on in the next.
type cutRecord struct {
	// field is the field that the next byte belongs to.
	field recordField
	// number collects the bytes of a varint, numberBytes counts them.
	number      uint64
	numberBytes int
	// body is how many bytes of the record are still to come.
	body int
	// skip is how many bytes of a key or a value are still to come.
	skip int
	// headers is how many headers are still to come.
	headers int

	timeDelta   int64
	offsetDelta int32
	hasKey      bool
}

// split reads a record that p may hold only in part, byte by byte. It returns the bytes of p that
// follow the record.
func (w *walker) split(p []byte) []byte {
	c := &w.cut
	for len(p) > 0 && w.err == nil {
		if c.skip > 0 {
			n := min(c.skip, len(p))
			c.skip, c.body, p = c.skip-n, c.body-n, p[n:]
		} else {
			x := p[0]
			p = p[1:]
			w.splitByte(x)
		}
		if c.skip == 0 && c.field == noField {
			return p
		}
		if c.skip == 0 && c.body == 0 && c.field > lengthField && w.err == nil {
			w.endCut()
			return p
		}
	}
	return p
}

// splitByte takes one byte of a field that is not skipped.
func (w *walker) splitByte(x byte) {
	c := &w.cut
	if c.field > lengthField {
		c.body--
	}
	if c.field == attributesField {
		c.field = timeDeltaField
		return
	}
	limit, last := maxVarint, byte(0x0f)
	if c.field == timeDeltaField {
		limit, last = maxVarlong, 1
	}
	if c.numberBytes == limit-1 && x > last {
		w.err = w.cutError()
		return
	}
	c.number |= uint64(x&0x7f) << (7 * c.numberBytes)
	if c.numberBytes++; x >= 0x80 {
		return
	}
	number := int64(c.number>>1) ^ -int64(c.number&1)
	c.number, c.numberBytes = 0, 0
	w.cutField(number)
}

// cutField takes the number of the current field and moves to the next field.
func (w *walker) cutField(number int64) {
	c := &w.cut
	switch c.field {
	case lengthField:
		if w.err = w.checkLength(int32(number)); w.err != nil {
			return
		}
		c.body = int(number)
		c.field = attributesField
	case timeDeltaField:
		c.timeDelta, c.field = number, offsetDeltaField
	case offsetDeltaField:
		c.offsetDelta, c.field = int32(number), keyField
	case keyField:
		c.hasKey = number >= 0
		w.cutBytes(number, -1, valueField)
	case valueField:
		w.cutBytes(number, -1, headerCountField)
	case headerCountField:
		if number < 0 || number > int64(c.body) {
			w.err = errRecordForm
			return
		}
		c.headers, c.field = int(number), headerKeyField
	case headerKeyField:
		if c.headers == 0 {
			w.err = errRecordForm
			return
		}
		w.cutBytes(number, 0, headerValueField)
	case headerValueField:
		c.headers--
		w.cutBytes(number, -1, headerKeyField)
	}
}

// cutBytes begins to skip a key or a value of the given size, which must be least or more.
func (w *walker) cutBytes(size, least int64, next recordField) {
	c := &w.cut
	if size < least || size > int64(c.body) {
		w.err = errRecordForm
		return
	}
	c.skip, c.field = int(max(size, 0)), next
}

// endCut ends a record whose bytes are all read.
func (w *walker) endCut() {
	c := &w.cut
	if c.field != headerKeyField || c.headers > 0 || c.numberBytes > 0 {
		w.err = errRecordForm
		return
	}
	w.accept(c.timeDelta, c.offsetDelta, c.hasKey)
	*c = cutRecord{}
}

// cutError is the error for a number that is too long.
func (w *walker) cutError() error {
	if w.cut.field == lengthField {
		return errRecordSize
	}
	return errRecordForm
}
