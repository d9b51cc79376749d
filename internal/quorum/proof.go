package quorum

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/storage"
)

// proof is what the files beside the segments of the metadata log say about its end: they are
// written after the records below it are synced.
type proof struct {
	// synced is the largest offset that the log has reached, by the name of a file.
	synced int64
	file   string
	// epochs are the entries of leader-epoch-checkpoint.
	epochs []storage.EpochEntry
	// epoch is the largest leader epoch that the log can have, -1 when it is not known.
	epoch int32
}

// end returns the offset that the log has reached, and the file that shows it. lastEpoch is the
// last leader epoch in the log. The first record of a later epoch was written behind synced ones.
// The entry of an epoch that the log has shows nothing: the batches prove or disprove it.
func (p *proof) end(lastEpoch int32) (offset int64, file string) {
	offset, file = p.synced, p.file
	for _, e := range p.epochs {
		if e.Epoch > lastEpoch && e.StartOffset > offset {
			offset, file = e.StartOffset, storage.LeaderEpochCheckpoint
		}
	}
	return offset, file
}

func (p *proof) add(offset int64, file string) {
	if offset > p.synced {
		p.synced, p.file = offset, file
	}
}

// findProof reads a listing of the folder. It returns the base offsets of the segments, in
// ascending order.
//
// A file OFFSET.snapshot (producer state) is written when the log is closed or begins a segment at
// OFFSET. A metadata snapshot has committed records only. The index of a segment is made after the
// segment before it is synced, and has content when its own segment is synced.
func (c *logCheck) findProof(entries []fs.DirEntry) (bases []int64, err error) {
	c.known = proof{epoch: c.epoch}
	has := map[int64]bool{}
	for _, e := range entries { // sorted by name, which is by offset
		if base, ok := offsetName(e.Name(), ".log"); ok {
			bases, has[base] = append(bases, base), true
		}
	}
	for _, e := range entries {
		name := e.Name()
		if offset, ok := offsetName(name, ".snapshot"); ok {
			c.known.add(offset, name)
		}
		if id, ok := parseSnapshotName(name); ok {
			c.known.add(id.Offset, name)
		}
		if base, ok := offsetName(name, ".index"); ok && !has[base] {
			info, err := e.Info()
			if err != nil {
				return nil, err
			}
			c.known.add(base+min(info.Size(), 1), name)
		}
	}
	path := filepath.Join(c.folder, storage.LeaderEpochCheckpoint)
	c.known.epochs, err = storage.ReadEpochCheckpoint(c.fs, path)
	var damaged *storage.CheckpointError
	if err != nil && !errors.As(err, &damaged) { // the log rebuilds a damaged one
		return nil, err
	}
	if n := len(c.known.epochs); n > 0 && c.epoch >= 0 {
		// One of the two files may be damaged.
		c.known.epoch = max(c.epoch, c.known.epochs[n-1].Epoch)
	}
	return bases, nil
}

// offsetName parses names such as 00000000000000000012.log.
func offsetName(name, suffix string) (int64, bool) {
	stem, ok := strings.CutSuffix(name, suffix)
	if !ok || len(stem) != 20 {
		return 0, false
	}
	offset, err := strconv.ParseInt(stem, 10, 64)
	return offset, err == nil && fmt.Sprintf("%020d", offset) == stem
}
