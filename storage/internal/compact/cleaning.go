// Package compact removes superseded records from the sealed segments of a log (Kafka's Cleaner),
// and replaces segments so that a crash at any moment leaves the old ones or the new one.
package compact

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// Run is one run over one log (Kafka's Cleaner.doClean): first the dirty part is read into a map
// from key to last offset, then all segments up to where the map reaches are copied without the
// records that the map supersedes.
type Run struct {
	FS   vfs.FS
	Dir  string
	Src  Source
	Opts Options
	// MaxSegmentBytes bounds a segment that is made of several.
	MaxSegmentBytes, IndexInterval, DeleteRetentionMs int64
	// Segs are the sealed segments that end at or below UpperBound, ascending.
	Segs       []Segment
	FirstDirty int64
	UpperBound int64 // first uncleanable offset
	offsets    *offsetMap
	stats      Stats
	readBuf    []byte
}

// Do executes the whole run. Segments that it replaced before an error stay replaced: each
// replacement is complete in itself.
func (c *Run) Do() (Stats, error) {
	c.Opts.setDefaults()
	c.stats.EndOffset = c.FirstDirty
	if err := c.buildMap(); err != nil {
		return c.stats, err
	}
	c.stats.MapUtilization = c.offsets.utilization()
	end := c.offsets.latest + 1
	n, _ := slices.BinarySearchFunc(c.Segs, end, func(s Segment, end int64) int {
		if s.Base < end {
			return -1
		}
		return 1
	})
	txns := newTxns()
	for _, group := range groupSegments(c.Segs[:n], c.MaxSegmentBytes) {
		if err := c.cleanGroup(group, txns); err != nil {
			return c.stats, err
		}
	}
	if err := c.Src.Stale(); err != nil {
		return c.stats, err
	}
	c.stats.EndOffset = end
	return c.stats, nil
}

// buildMap reads the dirty segments until the map is full. Records of aborted transactions and
// markers stay out.
func (c *Run) buildMap() error {
	c.offsets = newOffsetMap(c.Opts.DedupeBytes, c.Opts.LoadFactor, c.UpperBound-c.FirstDirty)
	txns := newTxns()
	aborted, err := c.Src.AbortedTxns(c.FirstDirty, c.UpperBound)
	if err != nil {
		return err
	}
	txns.add(aborted)
	for _, s := range c.Segs {
		if s.Next <= c.FirstDirty {
			continue
		}
		full, err := c.mapSegment(s, txns)
		if err != nil {
			return err
		}
		if full {
			break
		}
		c.offsets.latest = max(c.offsets.latest, s.Next-1) // also over a gap at its end
	}
	if c.offsets.latest < c.FirstDirty-1 {
		c.offsets.latest = c.FirstDirty - 1
	}
	return nil
}

func (c *Run) mapSegment(s Segment, txns *txns) (full bool, err error) {
	r, err := c.openReader(s)
	if err != nil {
		return false, err
	}
	defer func() { c.readBuf = r.buf; r.close() }()
	c.stats.MapBytesRead += s.Size
	f := batchFilter{limits: c.Opts.Limits}
	for {
		b, err := r.next()
		if err == io.EOF {
			return false, nil
		}
		if err == nil {
			err = c.check()
		}
		if err != nil {
			return false, err
		}
		c.stats.MapMessagesRead += int64(b.Count())
		discard, err := txns.onBatch(b)
		if err != nil {
			return false, r.wrap(err)
		}
		if !b.IsControl() && !discard && b.LastOffset() >= c.FirstDirty {
			f.reader.Reset(b, f.limits)
			for f.reader.Next() {
				rec := f.reader.Record()
				if rec.Key != nil && rec.Offset >= c.FirstDirty && !c.offsets.put(rec.Key, rec.Offset) {
					// The map may end inside of a batch: a batch with more keys than the map holds
					// would never be cleaned.
					c.offsets.latest = max(c.offsets.latest, rec.Offset-1)
					return true, nil
				}
			}
			if err := f.reader.Err(); err != nil {
				return false, r.wrap(err)
			}
		}
		if b.LastOffset() >= c.FirstDirty {
			c.offsets.latest = max(c.offsets.latest, b.LastOffset())
		}
	}
}

func (c *Run) check() error {
	if err := c.Opts.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrAborted, err)
	}
	return nil
}

// openReader opens a segment for reading. A missing file ends the run: retention, or a deletion of
// the partition, renamed it.
func (c *Run) openReader(s Segment) (*batchReader, error) {
	if err := c.Src.Stale(); err != nil {
		return nil, err
	}
	r, err := openBatchReader(c.FS, c.Dir, s, &c.Opts, c.readBuf)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrAborted, err)
	}
	return r, err
}

// cleanGroup copies a group of segments into one and puts it in their place.
func (c *Run) cleanGroup(group []Segment, txns *txns) error {
	base := group[0].Base
	if err := segfile.RemoveSuffixed(c.FS, c.Dir, base, segfile.CleanedSuffix); err != nil {
		return err
	}
	w, err := newWriter(c.FS, c.Dir, base, c.IndexInterval, &c.Opts)
	if err != nil {
		return err
	}
	if err := c.writeGroup(w, group, txns); err != nil {
		return errors.Join(err, w.Abandon())
	}
	c.stats.BytesWritten += w.Size
	c.stats.SegmentsBefore += len(group)
	c.stats.SegmentsAfter++
	return c.Src.Replace(w, group, c.Opts.NowMs)
}

// writeGroup writes to w what stays of a group.
func (c *Run) writeGroup(w *Writer, group []Segment, txns *txns) error {
	txns.keep = w.Txns.Append
	filter := &batchFilter{
		offsets: c.offsets, txns: txns, active: c.Src.LastRecords(), upperBound: c.UpperBound,
		nowMs: c.Opts.NowMs, deleteRetentionMs: c.DeleteRetentionMs, limits: c.Opts.Limits, stats: &c.stats,
	}
	for _, s := range group {
		aborted, err := c.Src.AbortedTxns(s.Base, s.Next)
		if err != nil {
			return err
		}
		txns.add(aborted)
		if err := c.copySegment(s, filter, w); err != nil {
			return err
		}
	}
	return w.finish()
}

func (c *Run) copySegment(s Segment, filter *batchFilter, w *Writer) error {
	r, err := c.openReader(s)
	if err != nil {
		return err
	}
	defer func() { c.readBuf = r.buf; r.close() }()
	c.stats.BytesRead += s.Size
	for {
		b, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = c.check()
		}
		if err != nil {
			return err
		}
		kept, err := filter.filter(b)
		if err != nil {
			return r.wrap(err)
		}
		if kept != nil {
			if err := w.write(kept); err != nil {
				return err
			}
		}
	}
}
