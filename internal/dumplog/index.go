package dumplog

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"

	"github.com/gregorhq/gregor/record"
)

// offsetEntry is an entry of a .index file: 8 bytes.
type offsetEntry struct {
	offset int64
	pos    int32
}

// timeEntry is an entry of a .timeindex file: 12 bytes.
type timeEntry struct{ timestamp, offset int64 }

func readOffsetIndex(name string, base int64) (entries []offsetEntry, length int, err error) {
	b, err := os.ReadFile(name)
	for at := 0; at+8 <= len(b); at += 8 {
		entries = append(entries, offsetEntry{
			offset: base + int64(int32(binary.BigEndian.Uint32(b[at:]))), pos: int32(binary.BigEndian.Uint32(b[at+4:])),
		})
	}
	return entries, len(b), err
}

func readTimeIndex(name string, base int64) (entries []timeEntry, length int, err error) {
	b, err := os.ReadFile(name)
	for at := 0; at+12 <= len(b); at += 12 {
		entries = append(entries, timeEntry{
			timestamp: int64(binary.BigEndian.Uint64(b[at:])), offset: base + int64(int32(binary.BigEndian.Uint32(b[at+8:]))),
		})
	}
	return entries, len(b), err
}

// index prints or checks a .index file against its log.
func (d *dump) index(name string) error {
	base, err := startOffset(filepath.Base(name))
	if err != nil {
		return err
	}
	log, err := openLog(sibling(name, ".log"))
	if err != nil {
		return err
	}
	defer log.close()
	entries, length, err := readOffsetIndex(name, base)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		fmt.Fprintf(d.out, "%s is empty.\n", name)
		return nil
	}
	if d.o.SanityOnly {
		last := entries[len(entries)-1].offset
		if last < base {
			return fmt.Errorf("Corrupt index found, index file (%s) has non-zero size but the last offset is %d which is less than the base offset %d", absolute(name), last, base) //nolint:staticcheck // Kafka's text
		}
		return d.sane(name, length, 8)
	}
	end := log.end
	for i, e := range entries {
		if e.offset == base && i > 0 {
			return nil // padding of a file that was not trimmed
		}
		log.end = end
		if err := log.slice(int64(e.pos), int64(d.o.MaxMessageSize)); err != nil {
			return err
		}
		entry, magic, err := log.next()
		if err == io.EOF {
			return fmt.Errorf("no batch at position %d, which the index names for offset %d", e.pos, e.offset)
		}
		if err != nil {
			return err
		}
		if last := lastOffset(entry, magic); last != e.offset {
			d.indexMismatch.add(name, e.offset, last)
		}
		if !d.o.VerifyOnly {
			fmt.Fprintf(d.out, "offset: %d position: %d\n", e.offset, e.pos)
		}
	}
	return nil
}

func lastOffset(entry []byte, magic int8) int64 {
	if magic < 2 {
		return int64(binary.BigEndian.Uint64(entry))
	}
	return record.Batch(entry).LastOffset()
}

func (d *dump) sane(name string, length, entrySize int) error {
	if length%entrySize != 0 {
		kind := "Index"
		if entrySize == 12 {
			kind = "Time index"
		}
		return fmt.Errorf("%s file %s is corrupt, found %d bytes which is neither positive nor a multiple of %d", kind, absolute(name), length, entrySize)
	}
	fmt.Fprintf(d.out, "%s passed sanity check.\n", name)
	return nil
}

// timeIndex prints or checks a .timeindex file against its log.
func (d *dump) timeIndex(name string) error {
	base, err := startOffset(filepath.Base(name))
	if err != nil {
		return err
	}
	log, err := openLog(sibling(name, ".log"))
	if err != nil {
		return err
	}
	defer log.close()
	offsets, _, err := readOffsetIndex(sibling(name, ".index"), base)
	if err != nil {
		return err
	}
	entries, length, err := readTimeIndex(name, base)
	if err != nil {
		return err
	}
	if d.o.SanityOnly {
		if n := len(entries); n > 0 && entries[n-1].timestamp < entries[0].timestamp {
			return fmt.Errorf("Corrupt time index found, time index file (%s) has non-zero size but the last timestamp is %d which is less than the first timestamp %d", absolute(name), entries[n-1].timestamp, entries[0].timestamp) //nolint:staticcheck // Kafka's text
		}
		return d.sane(name, length, 12)
	}
	previous, end := int64(-1), log.end
	for i, e := range entries {
		if e.offset == base && i > 0 {
			return nil
		}
		log.end = end
		if err := log.slice(position(offsets, e.offset), math.MaxInt32); err != nil {
			return err
		}
		if err := d.timeEntry(name, e, previous, log); err != nil {
			return err
		}
		if !d.o.VerifyOnly {
			fmt.Fprintf(d.out, "timestamp: %d offset: %d\n", e.timestamp, e.offset)
		}
		previous = e.timestamp
	}
	return nil
}

// position returns the position of the offset index for offset.
func position(offsets []offsetEntry, offset int64) int64 {
	i := sort.Search(len(offsets), func(i int) bool { return offsets[i].offset > offset })
	if i == 0 {
		return 0
	}
	return int64(offsets[i-1].pos)
}

// timeEntry compares an entry with the batch that ends at its offset.
func (d *dump) timeEntry(name string, e timeEntry, previous int64, log *logReader) error {
	for {
		entry, magic, err := log.next()
		if err == io.EOF {
			d.timeNotFound.add(name, e.offset, -1)
			return nil
		}
		if err != nil {
			return err
		}
		last := lastOffset(entry, magic)
		if last < e.offset {
			continue
		}
		if last != e.offset {
			d.timeNotFound.add(name, e.offset, last)
			return nil
		}
		newest, err := maxTimestamp(entry, magic)
		if err != nil {
			return err
		}
		if newest != e.timestamp {
			d.timeMismatch.add(name, e.timestamp, newest)
		}
		if previous >= e.timestamp {
			d.timeOrder.add(name, e.timestamp, previous)
		}
		return nil
	}
}

// maxTimestamp looks into the batch.
func maxTimestamp(entry []byte, magic int8) (newest int64, err error) {
	newest = -1
	limits := record.Limits{MaxDecompressed: math.MaxInt32}
	if magic < 2 {
		var r record.MessageSetReader
		for r.Reset(entry, limits); r.Next(); {
			newest = max(newest, r.Record().Timestamp)
		}
		return newest, r.Err()
	}
	var r record.Reader
	for r.Reset(record.Batch(entry), limits); r.Next(); {
		newest = max(newest, r.Record().Timestamp)
	}
	return newest, r.Err()
}
