package dumplog

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/record"
)

// logReader walks the entries of a .log file like Kafka's FileLogInputStream.
type logReader struct {
	f        *os.File
	name     string
	pos, end int64
	buf      []byte
}

func openLog(name string) (*logReader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &logReader{f: f, name: name, end: info.Size()}, nil
}

func (r *logReader) close() { r.f.Close() }

// slice restricts the reader to n bytes from pos on.
func (r *logReader) slice(pos, n int64) error {
	if pos > r.end {
		return fmt.Errorf("Slice from position %d exceeds end position of %s", pos, r.name) //nolint:staticcheck // Kafka's text
	}
	r.pos, r.end = pos, min(pos+n, r.end)
	return nil
}

// next is the next whole entry, valid until the call after, and its format; io.EOF when there is
// none.
func (r *logReader) next() (entry []byte, magic int8, err error) {
	const toMagic = 17
	if r.end-r.pos < toMagic {
		return nil, 0, io.EOF
	}
	var head [toMagic]byte
	if _, err := r.f.ReadAt(head[:], r.pos); err != nil {
		return nil, 0, err
	}
	length := int32(binary.BigEndian.Uint32(head[8:]))
	if length < 14 {
		return nil, 0, fmt.Errorf("Found record size %d smaller than minimum record overhead (14) in file %s.", length, r.name) //nolint:staticcheck // Kafka's text
	}
	size := int64(length) + record.LogOverhead
	if size > r.end-r.pos {
		return nil, 0, io.EOF
	}
	if int64(cap(r.buf)) < size {
		r.buf = make([]byte, size)
	}
	r.buf = r.buf[:size]
	if _, err := r.f.ReadAt(r.buf, r.pos); err != nil {
		return nil, 0, err
	}
	if magic = int8(head[16]); magic > 2 || magic == 2 && size < record.HeaderSize {
		return nil, 0, fmt.Errorf("invalid entry of format %d and %d bytes at position %d in file %s", magic, size, r.pos, r.name)
	}
	r.pos += size
	return r.buf, magic, nil
}

// log prints a .log or .checkpoint file.
func (d *dump) log(name string) error {
	parse, err := newParser(d.o)
	if err != nil {
		return err
	}
	if err := d.logTitle(filepath.Base(name)); err != nil {
		return err
	}
	r, err := openLog(name)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.slice(0, int64(d.o.MaxBytes)); err != nil {
		return err
	}
	w := &logWriter{d: d, name: name, parse: parse, last: -1}
	for {
		at := r.pos
		entry, magic, err := r.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = w.entry(entry, magic, at)
		}
		if err != nil {
			return err
		}
	}
	if left := r.end - r.pos; left > 0 && d.o.MaxBytes == math.MaxInt32 {
		fmt.Fprintf(d.out, "Found %d invalid bytes at the end of %s\n", left, filepath.Base(name))
	}
	return nil
}

func (d *dump) logTitle(base string) error {
	if strings.HasSuffix(base, ".log") {
		start, err := startOffset(base)
		if err == nil {
			fmt.Fprintf(d.out, "Log starting offset: %d\n", start)
		}
		return err
	}
	if base == "bootstrap.checkpoint" {
		fmt.Fprintln(d.out, "KRaft bootstrap snapshot")
		return nil
	}
	if len(base) < 31 { // 20 digits, a dash, 10 digits
		return fmt.Errorf("begin 0, end 20, length %d", len(base))
	}
	offset, err := strconv.ParseInt(base[:20], 10, 64)
	if err != nil {
		return fmt.Errorf("For input string: %q", base[:20]) //nolint:staticcheck // Java's text
	}
	epoch, err := strconv.ParseInt(base[21:31], 10, 32)
	if err != nil {
		return fmt.Errorf("For input string: %q", base[21:31]) //nolint:staticcheck // Java's text
	}
	fmt.Fprintf(d.out, "Snapshot end offset: %d, epoch: %d\n", offset, epoch)
	return nil
}

// startOffset is the number before the first dot of a file's name.
func startOffset(base string) (int64, error) {
	stem, _, _ := strings.Cut(base, ".")
	n, err := strconv.ParseInt(stem, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("For input string: %q", stem) //nolint:staticcheck // Java's text
	}
	return n, nil
}

// logWriter prints the entries of one file.
type logWriter struct {
	d     *dump
	name  string
	parse parser
	last  int64 // offset of the record before
}

func (w *logWriter) entry(entry []byte, magic int8, at int64) error {
	if magic < 2 {
		return w.legacy(entry, at)
	}
	b := record.Batch(entry)
	horizon := "OptionalLong.empty"
	if ms, ok := b.DeleteHorizon(); ok {
		horizon = fmt.Sprintf("OptionalLong[%d]", ms)
	}
	if !b.Codec().Valid() {
		return fmt.Errorf("Unknown compression type id: %d", b.Codec()) //nolint:staticcheck // Kafka's text
	}
	out := w.d.out
	fmt.Fprintf(out, "baseOffset: %d lastOffset: %d count: %d baseSequence: %d lastSequence: %d producerId: %d producerEpoch: %d "+
		"partitionLeaderEpoch: %d isTransactional: %t isControl: %t deleteHorizonMs: %s", b.BaseOffset(), b.LastOffset(), b.Count(),
		b.BaseSequence(), b.LastSequence(), b.ProducerID(), b.ProducerEpoch(), b.PartitionLeaderEpoch(), b.IsTransactional(), b.IsControl(), horizon)
	fmt.Fprintf(out, " position: %d %s: %d size: %d magic: %d compresscodec: %s crc: %d isvalid: %t\n", at, b.TimestampType(),
		b.MaxTimestamp(), len(b), b.Magic(), b.Codec(), b.CRC(), b.ComputeCRC() == b.CRC())
	if !w.d.o.Deep {
		return nil
	}
	var r record.Reader
	next := b.BaseOffset()
	for r.Reset(b, record.Limits{MaxDecompressed: math.MaxInt32}); r.Next(); {
		rec := r.Record()
		next = rec.Offset + 1
		w.follow(rec.Offset)
		if !w.d.o.SkipMetadata {
			sequence := record.NoSequence
			if b.BaseSequence() >= 0 {
				sequence = record.AddSequence(b.BaseSequence(), int32(rec.Offset-b.BaseOffset()))
			}
			w.metadata(rec, b.TimestampType())
			fmt.Fprintf(out, " sequence: %d headerKeys: [%s]", sequence, headerKeys(rec))
			if b.IsControl() {
				if err := w.control(rec); err != nil {
					return err
				}
			}
		}
		if !b.IsControl() {
			if err := w.contents(rec); err != nil {
				return err
			}
		}
		fmt.Fprintln(out)
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("file %s, batch at position %d, record at offset %d or later: %w", w.name, at, next, err)
	}
	return nil
}

// follow notes a gap before offset. Kafka compares the first record of a file too, with -1.
func (w *logWriter) follow(offset int64) {
	if offset != w.last+1 {
		w.d.gaps.add(w.name, w.last, offset)
	}
	w.last = offset
}

func (w *logWriter) metadata(r record.Record, t record.TimestampType) {
	size := func(b []byte) int {
		if b == nil {
			return -1
		}
		return len(b)
	}
	fmt.Fprintf(w.d.out, "| offset: %d %s: %d keySize: %d valueSize: %d", r.Offset, t, r.Timestamp, size(r.Key), size(r.Value))
}

func headerKeys(r record.Record) string {
	var keys []string
	for h := range r.Headers.All() {
		keys = append(keys, javaString(h.Key))
	}
	return strings.Join(keys, ",")
}

func (w *logWriter) contents(r record.Record) error {
	if !w.d.o.PrintData {
		return nil
	}
	prefix := " "
	if w.d.o.SkipMetadata {
		prefix = "| "
	}
	c, err := w.parse(r)
	if err != nil {
		return err
	}
	if c.key != nil {
		fmt.Fprintf(w.d.out, "%skey: %s", prefix, *c.key)
		prefix = " "
	}
	if c.value != nil {
		fmt.Fprintf(w.d.out, "%spayload: %s", prefix, *c.value)
	}
	return nil
}

// legacy prints a message of format 0 or 1, with the messages inside of it if it is a wrapper.
func (w *logWriter) legacy(entry []byte, at int64) error {
	m, _, err := record.NextMessage(entry)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.d.out, "offset: %d position: %d %s: %d size: %d magic: %d compresscodec: %s crc: %d isvalid: %t\n", m.Offset(), at,
		m.TimestampType(), m.Timestamp(), len(entry), m.Magic(), m.Codec(), m.CRC(), m.Validate() == nil)
	if !w.d.o.Deep {
		return nil
	}
	var r record.MessageSetReader
	for r.Reset(entry, record.Limits{MaxDecompressed: math.MaxInt32}); r.Next(); {
		rec := r.Record()
		w.follow(rec.Offset)
		if !w.d.o.SkipMetadata {
			w.metadata(rec, r.TimestampType())
			if m.Codec() == record.None {
				fmt.Fprintf(w.d.out, " isValid: true crc: %d", m.CRC())
			}
		}
		if err := w.contents(rec); err != nil {
			return err
		}
		fmt.Fprintln(w.d.out)
	}
	return r.Err()
}
