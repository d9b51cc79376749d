package record

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestBuilderRefuses(t *testing.T) {
	b := NewBuilder(BuilderOptions{BaseOffset: 10})
	if _, err := b.Bytes(); !errors.Is(err, ErrInvalid) {
		t.Fatal("empty batch:", err)
	}
	if err := b.Append(10, 5, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"same offset":    b.Append(10, 5, nil, nil, nil),
		"too far":        b.Append(11+math.MaxInt32, 5, nil, nil, nil),
		"time":           b.Append(11, -2, nil, nil, nil),
		"header":         b.Append(11, 5, nil, nil, []Header{{}}),
		"control":        b.AppendControl(ControlCommit, nil, 5),
		"end before it":  b.SetLastOffset(9),
		"end beyond all": b.SetLastOffset(11 + math.MaxInt32),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	batch, err := b.Bytes()
	if err != nil || batch.Count() != 1 || batch.Validate() != nil {
		t.Fatal(err)
	}
}

func TestReaderRefuses(t *testing.T) {
	good := sample(t, BuilderOptions{}, 3)
	for name, change := range map[string]func(b Batch) Batch{
		"missing record":   func(b Batch) Batch { b[countAt+3] = 2; return b },
		"too many":         func(b Batch) Batch { b[countAt+3] = 4; return b },
		"negative count":   func(b Batch) Batch { b[countAt] = 0xff; return b },
		"length negative":  func(b Batch) Batch { b[HeaderSize], b[HeaderSize+1] = 1, 0; return b },
		"length too big":   func(b Batch) Batch { b[HeaderSize], b[HeaderSize+1] = 0xfe, 0x7f; return b },
		"key length":       func(b Batch) Batch { b[HeaderSize+5] = 0x7e; return b },
		"key length -2":    func(b Batch) Batch { b[HeaderSize+5] = 3; return b },
		"payload cut":      func(b Batch) Batch { return b[:len(b)-1] },
		"no header at all": func(b Batch) Batch { return b[:60] },
	} {
		var r Reader
		for r.Reset(change(bytes.Clone(good)), Limits{}); r.Next(); {
		}
		if !errors.Is(r.Err(), ErrInvalid) && !errors.Is(r.Err(), ErrCorrupt) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	var r Reader
	r.Reset(good, Limits{MaxRecord: 50})
	if r.Next() || !errors.Is(r.Err(), ErrInvalid) {
		t.Error("record over the limit:", r.Err())
	}
}

func TestValidateRecordsOnAnAppendTimeTopic(t *testing.T) {
	b := sample(t, BuilderOptions{Codec: Snappy}, 5)
	o := ValidateOptions{Now: 99999, TimestampType: LogAppendTime}
	v, err := ValidateRecords(b, o)
	if err != nil || v.Err() != nil || v.MaxTimestamp != 99999 || v.MaxTimestampOffset != 0 {
		t.Fatal(v, err)
	}
}

func TestTimestampBoundsDoNotOverflow(t *testing.T) {
	const least, most = math.MinInt64, math.MaxInt64
	for _, c := range []struct{ now, before, after, earliest, latest int64 }{
		{1000, 5000, 5000, -4000, 6000},
		{1000, most, most, 1000 - most, most},
		{-1000, most, most, least, most},
		{most - 5, 10, 10, most - 15, most},
		{least + 5, 10, 10, least, least + 15},
		{1000, most, 3600_000, 1000 - most, 3601_000},
		{most, 0, 0, most, most},
	} {
		o := ValidateOptions{Now: c.now, BeforeMaxMs: c.before, AfterMaxMs: c.after}
		if earliest, latest := o.timestamps(); earliest != c.earliest || latest != c.latest {
			t.Errorf("%+v: [%d, %d]", c, earliest, latest)
		}
	}
}

func TestValidateRecordsFindsGaps(t *testing.T) {
	b := NewBuilder(BuilderOptions{Codec: Gzip})
	for _, offset := range []int64{0, 1, 3} {
		if err := b.Append(offset, 70-offset, []byte("k"), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	batch, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	v, err := ValidateRecords(batch, ValidateOptions{Now: 70, BeforeMaxMs: math.MaxInt64, AfterMaxMs: math.MaxInt64, Compacted: true})
	if err != nil || len(v.Errors) != 1 || v.Errors[0].Index != 2 || v.Errors[0].Err != ErrInvalid {
		t.Fatal(v, err)
	}
	if v.MaxTimestamp != 70 || v.MaxTimestampOffset != 0 {
		t.Error(v)
	}
	if offset, ok, err := batch.OffsetOfMaxTimestamp(Limits{}); offset != 0 || !ok || err != nil {
		t.Error(offset, ok, err)
	}
}

func TestControlKeys(t *testing.T) {
	if _, _, err := ParseControlKey([]byte{0, 0, 0}); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
	if _, _, err := ParseControlKey([]byte{0x80, 0, 0, 1}); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
	if v, typ, err := ParseControlKey([]byte{0, 3, 0, 99, 1, 2}); v != 3 || typ != 99 || typ.String() != "UNKNOWN" || err != nil {
		t.Error(v, typ, err)
	}
	if _, err := ParseEndTxnMarker(AppendControlKey(nil, ControlLeaderChange), make([]byte, 6)); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if _, err := ParseEndTxnMarker(AppendControlKey(nil, ControlAbort), make([]byte, 5)); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

func TestRecordErrorsAreBounded(t *testing.T) {
	b := NewBuilder(BuilderOptions{Codec: Zstd})
	const n = 5000
	for i := range int64(n) {
		var key []byte
		if i == n-1 {
			key = []byte("k")
		}
		if err := b.Append(i, 10*i, key, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	batch, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	o := ValidateOptions{Compacted: true, BeforeMaxMs: math.MaxInt64, AfterMaxMs: math.MaxInt64}
	v, err := ValidateRecords(batch, o)
	if err != nil || v.Refused != n-1 || len(v.Errors) != MaxRecordErrors || !errors.Is(v.Err(), ErrInvalid) || errors.Is(v.Err(), ErrInvalidTimestamp) {
		t.Fatal(v.Refused, len(v.Errors), v.Err(), err)
	}
	o.AfterMaxMs = 10 * (n - 2) // only the last one is too late, beyond the named ones
	if v, err = ValidateRecords(batch, o); err != nil || v.Refused != n || !errors.Is(v.Err(), ErrInvalidTimestamp) {
		t.Fatal(v.Refused, v.Err(), err)
	}
}

// A client's claim of append times is not trusted: on a topic with CreateTime the records' own
// timestamps count, on one with LogAppendTime the batch is refused.
func TestProducedTimestampType(t *testing.T) {
	b := Batch(bytes.Clone(sample(t, BuilderOptions{Codec: LZ4}, 5))) // timestamps 1000 to 1004
	b.SetMaxTimestamp(LogAppendTime, 7)
	o := ValidateOptions{Now: 1000, BeforeMaxMs: math.MaxInt64, AfterMaxMs: 4}
	if v, err := ValidateRecords(b, o); err != nil || v.Refused != 0 || v.MaxTimestamp != 7 {
		t.Errorf("a broker's own: %+v, %v", v, err)
	}
	o.Produced = true
	if v, err := ValidateRecords(b, o); err != nil || v.Refused != 0 || v.MaxTimestamp != 1004 {
		t.Errorf("CreateTime: %+v, %v", v, err)
	}
	o.AfterMaxMs = 3
	if v, err := ValidateRecords(b, o); err != nil || v.Refused != 1 {
		t.Errorf("CreateTime, too late: %+v, %v", v, err)
	}
	o.TimestampType = LogAppendTime
	if v, err := ValidateRecords(b, o); err != nil || v.Refused != 5 || !errors.Is(v.Err(), ErrInvalidTimestamp) || !errors.Is(v.Errors[0].Err, ErrInvalidTimestamp) {
		t.Errorf("LogAppendTime: %+v, %v", v, err)
	}
}
