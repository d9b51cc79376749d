package compact

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// batchReader walks the batches of one sealed .log file, whole and verified. It has its own file
// handle, so cleaning does not disturb the pool, and reads every byte once, in order.
type batchReader struct {
	file     vfs.File
	path     string
	pos, end int64  // next byte to read from the file
	buf      []byte // read but not yet given out is buf[from:]
	from     int
	io       int
	throttle func(int)
	limits   record.Limits
	queue    []byte // batches converted from an older format
	// Offsets are not under a batch's checksum: they must rise from least on and stay below the
	// segment's end.
	least, below int64
}

func openBatchReader(fs vfs.FS, dir string, s Segment, o *Options, buf []byte) (*batchReader, error) {
	path := filepath.Join(dir, segfile.OffsetName(s.Base)+segfile.LogSuffix)
	f, err := vfs.Open(fs, path)
	if err != nil {
		return nil, err
	}
	return &batchReader{
		file: f, path: path, end: s.Size, buf: buf[:0], io: o.IOBytes, throttle: o.Throttle,
		limits: o.Limits, least: s.Base, below: s.Next,
	}, nil
}

func (r *batchReader) close() { r.file.Close() }

// next returns the next batch, valid until the call after; io.EOF at the end of the segment.
// Entries of formats 0 and 1 come out as batches of format 2 at the same offsets: compaction is
// where an old log is brought up to date.
func (r *batchReader) next() (record.Batch, error) {
	for len(r.queue) == 0 {
		entry, magic, err := r.entry()
		if err != nil {
			return nil, err
		}
		if magic == 2 {
			b := record.Batch(entry)
			if err := b.Validate(); err != nil {
				return nil, r.wrap(err)
			}
			return b, r.advance(b)
		}
		o := record.UpConvertOptions{KeepOffsets: true, LeaderEpoch: -1, Limits: r.limits}
		if r.queue, err = record.UpConvert(nil, entry, o); err != nil {
			return nil, r.wrap(err)
		}
	}
	b, rest, err := record.Next(r.queue)
	if err != nil {
		return nil, r.wrap(err)
	}
	r.queue = rest
	return b, r.advance(b)
}

// advance checks that b's offsets come after those before.
func (r *batchReader) advance(b record.Batch) error {
	if b.BaseOffset() < r.least || b.LastOffset() < b.BaseOffset() || b.NextOffset() > r.below {
		return r.wrap(fmt.Errorf("offsets %d to %d where %d to %d is left: %w", b.BaseOffset(), b.LastOffset(), r.least, r.below-1, record.ErrCorrupt))
	}
	r.least = b.NextOffset()
	return nil
}

func (r *batchReader) wrap(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %s before position %d: %w", ErrUncleanable, r.path, r.pos, err)
	}
	return nil
}

// entry returns the bytes of the next whole entry.
func (r *batchReader) entry() (entry []byte, magic int8, err error) {
	if r.from == len(r.buf) && r.pos == r.end {
		return nil, 0, io.EOF
	}
	if err := r.fill(record.HeaderSize); err != nil {
		return nil, 0, err
	}
	size, magic, err := record.Peek(r.buf[r.from:])
	if err != nil {
		return nil, 0, r.wrap(err)
	}
	if err := r.fill(size); err != nil {
		return nil, 0, err
	}
	if len(r.buf)-r.from < size {
		return nil, 0, r.wrap(record.ErrShort)
	}
	entry = r.buf[r.from : r.from+size]
	r.from += size
	return entry, magic, nil
}

// fill brings n bytes into the buffer, or all that the segment has left: a length is never believed
// beyond that.
func (r *batchReader) fill(n int) error {
	have := len(r.buf) - r.from
	if have >= n || r.pos == r.end {
		return nil
	}
	want := int(min(int64(max(n-have, r.io)), r.end-r.pos))
	if r.from > 0 {
		r.buf = r.buf[:copy(r.buf, r.buf[r.from:])]
		r.from = 0
	}
	r.throttle(want)
	if cap(r.buf) < have+want {
		r.buf = append(make([]byte, 0, have+want), r.buf...)
	}
	got, err := r.file.ReadAt(r.buf[have:have+want], r.pos)
	if err != nil && err != io.EOF {
		return err
	}
	if got < want {
		return r.wrap(io.ErrUnexpectedEOF)
	}
	r.buf, r.pos = r.buf[:have+want], r.pos+int64(want)
	return nil
}
