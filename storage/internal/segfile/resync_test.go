package segfile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// batches returns whole batches of one record each, with the offsets from base on, and where each
// begins.
func batches(t *testing.T, base int64, n int) (data []byte, at []int64) {
	t.Helper()
	for i := range int64(n) {
		b := record.NewBuilder(record.BuilderOptions{BaseOffset: base + i})
		if err := b.Append(base+i, 1, nil, bytes.Repeat([]byte{'v'}, 50), nil); err != nil {
			t.Fatal(err)
		}
		one, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, int64(len(data)))
		data = append(data, one...)
	}
	return data, at
}

// leadTo makes the length of the second batch wrong: it leads to batch n.
func leadTo(b []byte, at []int64, n int) {
	binary.BigEndian.PutUint32(b[at[1]+8:], uint32(at[n]-at[1]-12))
}

// spread leaves a gap before each batch but the first.
func spread(b []byte, at []int64) {
	for i, pos := range at {
		b[pos+7] += byte(i)
	}
}

func TestResync(t *testing.T) {
	const base = 10
	for name, c := range map[string]struct {
		damage  func(b []byte, at []int64) // the second of six batches is damaged
		least   int64
		indexed int // number of the batch that the index names, 0 for none
		want    int // number of the batch that Resync finds, 0 for none
	}{
		"a bad checksum":                         {func(b []byte, at []int64) { b[at[1]+80] ^= 1 }, 11, 0, 2},
		"a length that leads nowhere":            {func(b []byte, at []int64) { b[at[1]+11] ^= 1 }, 11, 0, 2},
		"a length that leads to a later batch":   {func(b []byte, at []int64) { leadTo(b, at, 3) }, 11, 0, 2},
		"such a length, and an index":            {func(b []byte, at []int64) { leadTo(b, at, 4) }, 11, 5, 2},
		"such a length, and a wrong index":       {func(b []byte, at []int64) { leadTo(b, at, 4) }, 11, 1, 2},
		"such a length, in a compacted log":      {func(b []byte, at []int64) { leadTo(b, at, 5); spread(b, at) }, 12, 0, 2},
		"a bad checksum in a compacted log":      {func(b []byte, at []int64) { b[at[1]+80] ^= 1; spread(b, at) }, 12, 0, 2},
		"a wrong number of records":              {func(b []byte, at []int64) { b[at[1]+26]++ }, 11, 0, 2},
		"a wrong base offset":                    {func(b []byte, at []int64) { b[at[1]+7]++ }, 11, 0, 2},
		"the index names a batch":                {func(b []byte, at []int64) { clear(b[at[1]:at[3]]) }, 11, 3, 3},
		"a good batch before the one it names":   {func(b []byte, at []int64) { clear(b[at[1]:at[2]]) }, 11, 4, 2},
		"a later batch is damaged too":           {func(b []byte, at []int64) { clear(b[at[1]:at[2]]); b[at[4]+80] ^= 1 }, 11, 3, 2},
		"a torn batch at the end":                {func(b []byte, at []int64) { clear(b[at[1]:at[2]]); b[at[5]+80] ^= 1 }, 11, 0, 2},
		"good batches between two damaged ones":  {func(b []byte, at []int64) { clear(b[at[1]:at[2]]); b[at[4]+80] ^= 1; b[at[4]+8] ^= 1 }, 11, 0, 2},
		"a run whose offsets do not fit":         {func(b []byte, at []int64) { clear(b[at[1]:at[2]]); b[at[2]+6]++; b[at[3]+80] ^= 1 }, 11, 0, 4},
		"nothing but damage":                     {func(b []byte, at []int64) { clear(b[at[1]:]) }, 11, 0, 0},
		"offsets below those before the damage":  {func(b []byte, at []int64) { b[at[1]+80] ^= 1 }, 100, 0, 0},
		"an index that names a damaged position": {func(b []byte, at []int64) { clear(b[at[1]:at[4]]) }, 11, 2, 4},
	} {
		data, at := batches(t, base, 6)
		c.damage(data, at)
		indexed := func() ([]int64, error) {
			if c.indexed == 0 {
				return nil, nil
			}
			return at[c.indexed : c.indexed+1], nil
		}
		pos, found, err := Resync(bytes.NewReader(data), Range{base, NoNext}, at[1], int64(len(data)), c.least, indexed)
		if err != nil || found != (c.want > 0) || found && pos != at[c.want] {
			t.Errorf("%s: batch %d, %v, %v, want batch %d", name, slices.Index(at, pos), found, err, c.want)
		}
	}
}

// The value of a header may be a batch, and end where the damaged batch of its record ends. It is
// not taken for the next one, though compaction has left a gap behind the damaged batch.
func TestResyncTakesNoBatchOutOfAHeader(t *testing.T) {
	inner, _ := batches(t, 5, 1)
	b := record.NewBuilder(record.BuilderOptions{})
	if err := b.Append(0, 1, nil, []byte("value"), []record.Header{{Key: []byte("key"), Value: inner}}); err != nil {
		t.Fatal(err)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := int64(len(data))
	if !bytes.HasSuffix(data, inner) {
		t.Fatal("the header does not end the batch")
	}
	data[70] ^= 1
	after, _ := batches(t, 9, 2)
	data = append(data, after...)
	pos, found, err := Resync(bytes.NewReader(data), Range{0, NoNext}, 0, int64(len(data)), 0, func() ([]int64, error) { return nil, nil })
	if err != nil || !found || pos != want {
		t.Errorf("position %d, %v, %v, want %d", pos, found, err, want)
	}
}
