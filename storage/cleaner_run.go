package storage

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gregorhq/gregor/vfs"
)

// cleanRun is one run over one log (Kafka's Cleaner.doClean): first the dirty part is read into a map from key to last
// offset, then all segments up to where the map reaches are copied without the records that the map supersedes.
type cleanRun struct {
	fs   vfs.FS
	dir  string
	src  cleanSource
	opts CleanOptions
	cfg  *Config
	// segs are the sealed segments that end at or below upperBound, ascending.
	segs       []cleanSegment
	firstDirty int64
	upperBound int64 // first uncleanable offset
	offsets    *offsetMap
	stats      CleanStats
	readBuf    []byte
}

// run executes the whole run. Segments that it replaced before an error stay replaced: each replacement is complete in itself.
func (c *cleanRun) run() (CleanStats, error) {
	c.opts.setDefaults()
	c.stats.EndOffset = c.firstDirty
	if err := c.buildMap(); err != nil {
		return c.stats, err
	}
	c.stats.MapUtilization = c.offsets.utilization()
	end := c.offsets.latest + 1
	n, _ := slices.BinarySearchFunc(c.segs, end, func(s cleanSegment, end int64) int {
		if s.base < end {
			return -1
		}
		return 1
	})
	txns := newCleanTxns()
	for _, group := range groupSegments(c.segs[:n], c.cfg.SegmentBytes) {
		if err := c.cleanGroup(group, txns); err != nil {
			return c.stats, err
		}
	}
	if err := c.src.stale(); err != nil {
		return c.stats, err
	}
	c.stats.EndOffset = end
	return c.stats, nil
}

// buildMap reads the dirty segments until the map is full. Records of aborted transactions and markers stay out.
func (c *cleanRun) buildMap() error {
	c.offsets = newOffsetMap(c.opts.DedupeBytes, c.opts.LoadFactor, c.upperBound-c.firstDirty)
	txns := newCleanTxns()
	aborted, err := c.src.AbortedTxns(c.firstDirty, c.upperBound)
	if err != nil {
		return err
	}
	txns.add(aborted)
	for _, s := range c.segs {
		if s.next <= c.firstDirty {
			continue
		}
		full, err := c.mapSegment(s, txns)
		if err != nil {
			return err
		}
		if full {
			break
		}
		c.offsets.latest = max(c.offsets.latest, s.next-1) // also over a gap at its end
	}
	if c.offsets.latest < c.firstDirty-1 {
		c.offsets.latest = c.firstDirty - 1
	}
	return nil
}

func (c *cleanRun) mapSegment(s cleanSegment, txns *cleanTxns) (full bool, err error) {
	r, err := c.openReader(s)
	if err != nil {
		return false, err
	}
	defer func() { c.readBuf = r.buf; r.close() }()
	c.stats.MapBytesRead += s.size
	f := batchFilter{limits: c.opts.Limits}
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
		if !b.IsControl() && !discard && b.LastOffset() >= c.firstDirty {
			f.reader.Reset(b, f.limits)
			for f.reader.Next() {
				rec := f.reader.Record()
				if rec.Key != nil && rec.Offset >= c.firstDirty && !c.offsets.put(rec.Key, rec.Offset) {
					// The map may end inside of a batch: a batch with more keys than the map holds would never be cleaned.
					c.offsets.latest = max(c.offsets.latest, rec.Offset-1)
					return true, nil
				}
			}
			if err := f.reader.Err(); err != nil {
				return false, r.wrap(err)
			}
		}
		if b.LastOffset() >= c.firstDirty {
			c.offsets.latest = max(c.offsets.latest, b.LastOffset())
		}
	}
}

func (c *cleanRun) check() error {
	if err := c.opts.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrCleanAborted, err)
	}
	return nil
}

// openReader opens a segment for reading. A missing file ends the run: retention, or a deletion of the partition, renamed it.
func (c *cleanRun) openReader(s cleanSegment) (*batchReader, error) {
	if err := c.src.stale(); err != nil {
		return nil, err
	}
	r, err := openBatchReader(c.fs, c.dir, s, &c.opts, c.readBuf)
	if notExist(err) {
		return nil, fmt.Errorf("%w: %w", ErrCleanAborted, err)
	}
	return r, err
}

// cleanGroup copies a group of segments into one and puts it in their place.
func (c *cleanRun) cleanGroup(group []cleanSegment, txns *cleanTxns) error {
	base := group[0].base
	if err := removeSuffixed(c.fs, c.dir, base, cleanedSuffix); err != nil {
		return err
	}
	w, err := newCleanWriter(c.fs, c.dir, base, c.cfg.IndexIntervalBytes, &c.opts)
	if err != nil {
		return err
	}
	if err := c.writeGroup(w, group, txns); err != nil {
		return errors.Join(err, w.abandon())
	}
	c.stats.BytesWritten += w.size
	c.stats.SegmentsBefore += len(group)
	c.stats.SegmentsAfter++
	return c.src.replaceSegments(w, group, c.opts.NowMs)
}

// writeGroup writes to w what stays of a group.
func (c *cleanRun) writeGroup(w *cleanWriter, group []cleanSegment, txns *cleanTxns) error {
	txns.keep = w.txns.Append
	filter := &batchFilter{
		offsets: c.offsets, txns: txns, active: c.src.lastRecords(), upperBound: c.upperBound,
		nowMs: c.opts.NowMs, deleteRetentionMs: c.cfg.DeleteRetentionMs, limits: c.opts.Limits, stats: &c.stats,
	}
	for _, s := range group {
		aborted, err := c.src.AbortedTxns(s.base, s.next)
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

func (c *cleanRun) copySegment(s cleanSegment, filter *batchFilter, w *cleanWriter) error {
	r, err := c.openReader(s)
	if err != nil {
		return err
	}
	defer func() { c.readBuf = r.buf; r.close() }()
	c.stats.BytesRead += s.size
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
