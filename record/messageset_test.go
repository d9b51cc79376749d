package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
)

// message builds one message of format 0 or 1; a nil value is null.
func message(magic, attributes int8, offset, timestamp int64, value []byte) []byte {
	m := binary.BigEndian.AppendUint64(nil, uint64(offset))
	m = append(m, 0, 0, 0, 0, 0, 0, 0, 0, byte(magic), byte(attributes))
	if magic == 1 {
		m = binary.BigEndian.AppendUint64(m, uint64(timestamp))
	}
	m = append(m, 0xff, 0xff, 0xff, 0xff)
	if value == nil {
		m = append(m, 0xff, 0xff, 0xff, 0xff)
	} else {
		m = append(binary.BigEndian.AppendUint32(m, uint32(len(value))), value...)
	}
	binary.BigEndian.PutUint32(m[lengthAt:], uint32(len(m)-LogOverhead))
	binary.BigEndian.PutUint32(m[LogOverhead:], crc32.ChecksumIEEE(m[magicAt:]))
	return m
}

func wrapper(t testing.TB, magic, attributes int8, offset, timestamp int64, inner ...[]byte) []byte {
	t.Helper()
	value, err := Compress(nil, bytes.Join(inner, nil), Codec(attributes&codecMask), 0)
	if err != nil {
		t.Fatal(err)
	}
	return message(magic, attributes, offset, timestamp, value)
}

func readSet(set []byte, limits Limits) (offsets, times []int64, err error) {
	var r MessageSetReader
	for r.Reset(set, limits); r.Next(); {
		offsets = append(offsets, r.Record().Offset)
		times = append(times, r.Record().Timestamp)
	}
	return offsets, times, r.Err()
}

func TestWrapperOffsets(t *testing.T) {
	inner := func(magic int8, offsets ...int64) [][]byte {
		var all [][]byte
		for _, o := range offsets {
			all = append(all, message(magic, 0, o, 100+o, []byte("v")))
		}
		return all
	}
	for name, c := range map[string]struct {
		set  []byte
		want []int64
	}{
		"v1 relative":        {wrapper(t, 1, 1, 1004, 0, inner(1, 0, 1, 2, 4)...), []int64{1000, 1001, 1002, 1004}},
		"v1 from a producer": {wrapper(t, 1, 1, 2, 0, inner(1, 0, 1, 2)...), []int64{0, 1, 2}},
		"v1 without offset":  {wrapper(t, 1, 1, 0, 0, inner(1, 0, 1, 2)...), []int64{0, 1, 2}},
		"v0 absolute":        {wrapper(t, 0, 1, 1004, 0, inner(0, 1000, 1004)...), []int64{1000, 1004}},
	} {
		got, _, err := readSet(c.set, Limits{})
		if err != nil || !equal(got, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, times, err := readSet(wrapper(t, 1, 1|timestampTypeBit, 9, 555, inner(1, 0, 1)...), Limits{})
	if err != nil || !equal(times, []int64{555, 555}) {
		t.Error("append time:", times, err)
	}
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestMessageSetRefuses(t *testing.T) {
	m0, m1 := message(0, 0, 0, 0, []byte("v")), message(1, 0, 0, 5, []byte("v"))
	badCRC := bytes.Clone(m1)
	badCRC[LogOverhead] ^= 1
	badKey := bytes.Clone(m0)
	badKey[18] = 0
	binary.BigEndian.PutUint32(badKey[LogOverhead:], crc32.ChecksumIEEE(badKey[magicAt:]))
	for name, c := range map[string]struct {
		set  []byte
		want error
	}{
		"crc":               {badCRC, ErrCorrupt},
		"key beyond":        {badKey, ErrCorrupt},
		"zstd":              {message(1, 4, 0, 0, []byte("v")), ErrUnsupportedCodec},
		"codec 7":           {message(1, 7, 0, 0, []byte("v")), ErrUnsupportedCodec},
		"null wrapper":      {message(1, 1, 0, 0, nil), ErrInvalid},
		"not gzip":          {message(1, 1, 0, 0, []byte("v")), ErrInvalid},
		"no inner":          {wrapper(t, 1, 1, 0, 0), ErrInvalid},
		"magic differs":     {wrapper(t, 1, 1, 0, 0, m0), ErrInvalid},
		"wrapper in it":     {wrapper(t, 1, 1, 0, 0, wrapper(t, 1, 1, 0, 0, m1)), ErrInvalid},
		"inner crc":         {wrapper(t, 1, 1, 0, 0, badCRC), ErrCorrupt},
		"inner cut":         {wrapper(t, 1, 1, 0, 0, m1[:len(m1)-1]), ErrCorrupt},
		"offset below":      {wrapper(t, 1, 1, 1, 0, message(1, 0, 5, 0, nil)), ErrInvalid},
		"batch of format 2": {append(bytes.Clone(m1), sample(t, BuilderOptions{}, 1)...), ErrInvalid},
		"too large":         {wrapper(t, 0, 1, 0, 0, message(0, 0, 0, 0, make([]byte, 2000))), ErrTooLarge},
	} {
		if _, _, err := readSet(c.set, Limits{MaxDecompressed: 1000}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if out, err := UpConvert([]byte("x"), c.set, UpConvertOptions{Limits: Limits{MaxDecompressed: 1000}}); err == nil || len(out) != 1 {
			t.Errorf("%s: converted", name)
		}
	}
	var r MessageSetReader
	r.Reset(append(bytes.Clone(m1), m0[:20]...), Limits{})
	if !r.Next() || r.Next() || r.Err() != nil || len(r.Tail()) != 20 {
		t.Error("tail:", r.Err(), len(r.Tail()))
	}
}

// Kafka's fixtures have the same records in format 2. The conversion must give what Kafka reads
// from the old format.
func TestUpConvertFixtures(t *testing.T) {
	for name, set := range fixtures(t) {
		if strings.HasPrefix(name, "v2") {
			continue
		}
		up, err := UpConvert(nil, set, UpConvertOptions{KeepOffsets: true, LeaderEpoch: 4})
		if err != nil {
			t.Fatal(name, err)
		}
		var records strings.Builder
		for line := range strings.Lines(dump(t, up)) {
			if strings.HasPrefix(line, "record") {
				records.WriteString(line)
			}
		}
		if want := expected(t, name); records.String() != want {
			t.Errorf("%s: got\n%swant\n%s", name, &records, want)
		}
		b, rest, err := Next(up)
		if err != nil || len(rest) > 0 || b.PartitionLeaderEpoch() != 4 || !strings.HasSuffix(name, b.Codec().String()) {
			t.Errorf("%s: %v, %s, %d bytes more", name, err, b.Codec(), len(rest))
		}
		if strings.Contains(name, "logappend") != (b.TimestampType() == LogAppendTime) {
			t.Errorf("%s: %s", name, b.TimestampType())
		}
	}
}

func TestUpConvertCutsBatches(t *testing.T) {
	plain := func(offset int64) []byte { return message(1, 0, offset, 5, []byte("v")) }
	set := bytes.Join([][]byte{
		plain(7), plain(9), wrapper(t, 1, 2, 11, 0, plain(0), plain(1)), wrapper(t, 1, 2, 13, 0, plain(0), plain(1)), plain(14),
		message(1, timestampTypeBit, 15, 6, nil), plain(20)[:10],
	}, nil)
	for keep, want := range map[bool][]int64{false: {0, 0, 0, 0, 0}, true: {7, 10, 12, 14, 15}} {
		up, err := UpConvert(nil, set, UpConvertOptions{KeepOffsets: keep})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for b, err := range Batches(up) {
			if err != nil || b.Validate() != nil {
				t.Fatal(err, b.Validate())
			}
			if err := b.ValidateProduced(); !keep && b.TimestampType() == CreateTime && err != nil {
				t.Error(err)
			}
			got = append(got, b.BaseOffset())
		}
		if !equal(got, want) {
			t.Errorf("keep %t: %v, want %v", keep, got, want)
		}
	}
}

func (m Message) restamp() {
	binary.BigEndian.PutUint32(m[LogOverhead:], crc32.ChecksumIEEE(m[magicAt:]))
}
