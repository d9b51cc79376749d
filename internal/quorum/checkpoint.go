package quorum

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/controlrecord"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A .checkpoint file is a record set of its own, with offsets from 0 and the snapshot's epoch in
// every batch (org.apache.kafka.snapshot.RecordsSnapshotWriter):
//
//	control batch   SnapshotHeader, and with kraft.version 1 KRaftVersion and KRaftVoters
//	batches         metadata records
//	control batch   SnapshotFooter
//
// Without a footer the file is not whole and is not used.

// checkpointBatchBytes is the size in bytes at which a batch of a checkpoint is closed.
const checkpointBatchBytes = 512 << 10

// checkpoint is the content of a checkpoint file without its metadata records.
type checkpoint struct {
	id snapshotID
	// lastContainedMs is the append time of the last record in the snapshot, in milliseconds.
	lastContainedMs int64
	voters          voterState
}

// appendRecord appends a metadata record to a builder.
func appendRecord(b *record.Builder, r metadata.Record, metadataVersion int16, nowMs int64) error {
	value, err := mr.Marshal(r, metadata.RecordVersion(metadataVersion, r))
	if err != nil {
		return err
	}
	return b.Append(b.NextOffset(), nowMs, nil, value, nil)
}

// writeCheckpoint writes a checkpoint file and makes it durable before it gets its name.
func writeCheckpoint(fsys vfs.FS, dir string, c checkpoint, records iter.Seq[metadata.Record], metadataVersion int16, nowMs int64) (size int64, err error) {
	final := filepath.Join(dir, c.id.fileName())
	f, err := vfs.Create(fsys, final+partSuffix)
	if err != nil {
		return 0, err
	}
	w := checkpointWriter{f: f, epoch: c.id.Epoch, nowMs: nowMs, metadataVersion: metadataVersion}
	err = w.write(c, records)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return w.size, errors.Join(err, fsys.Remove(final+partSuffix))
	}
	if err := fsys.Rename(final+partSuffix, final); err != nil {
		return w.size, err
	}
	return w.size, fsys.SyncDir(dir)
}

type checkpointWriter struct {
	f               vfs.File
	epoch           int32
	nowMs           int64
	metadataVersion int16
	next            int64
	size            int64
}

func (w *checkpointWriter) builder(control bool) *record.Builder {
	return record.NewBuilder(record.BuilderOptions{BaseOffset: w.next, LeaderEpoch: w.epoch, Control: control})
}

func (w *checkpointWriter) flush(b *record.Builder) error {
	batch, err := b.Bytes()
	if err != nil {
		return err
	}
	n, err := w.f.WriteAt(batch, w.size)
	w.size += int64(n)
	w.next = b.NextOffset()
	return err
}

func (w *checkpointWriter) write(c checkpoint, records iter.Seq[metadata.Record]) error {
	head := w.builder(true)
	header := &controlrecord.SnapshotHeaderRecord{LastContainedLogTimestamp: c.lastContainedMs}
	if err := appendControl(head, record.ControlSnapshotHeader, header, w.nowMs); err != nil {
		return err
	}
	if err := appendVoterState(head, c.voters, w.nowMs); err != nil {
		return err
	}
	if err := w.flush(head); err != nil {
		return err
	}
	body := w.builder(false)
	for r := range records {
		if body.Size() >= checkpointBatchBytes {
			if err := w.flush(body); err != nil {
				return err
			}
			body = w.builder(false)
		}
		if err := appendRecord(body, r, w.metadataVersion, w.nowMs); err != nil {
			return err
		}
	}
	if body.Count() > 0 {
		if err := w.flush(body); err != nil {
			return err
		}
	}
	foot := w.builder(true)
	if err := appendControl(foot, record.ControlSnapshotFooter, &controlrecord.SnapshotFooterRecord{}, w.nowMs); err != nil {
		return err
	}
	return w.flush(foot)
}

// errNoFooter means that the file ends before its footer.
var errNoFooter = errors.New("no snapshot footer at its end")

// readCheckpoint reads a checkpoint file and calls replay with every metadata record.
func readCheckpoint(fsys vfs.FS, path string, id snapshotID, replay func(metadata.Record) error) (checkpoint, int64, error) {
	data, err := vfs.ReadFile(fsys, path)
	if err != nil {
		return checkpoint{}, 0, err
	}
	c, err := parseCheckpoint(data, replay)
	c.id = id
	if err != nil {
		return c, 0, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return c, int64(len(data)), nil
}

// checkpointSummary is the part of a checkpoint that its first batch and its file size give.
type checkpointSummary struct {
	size            int64
	lastContainedMs int64
}

// peekBytes is enough for the header batch of a checkpoint.
const peekBytes = 64 << 10

// peekCheckpoint reads the header only.
func peekCheckpoint(fsys vfs.FS, path string) (checkpointSummary, error) {
	f, err := vfs.Open(fsys, path)
	if err != nil {
		return checkpointSummary{}, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return checkpointSummary{}, err
	}
	buf := make([]byte, min(size, peekBytes))
	if _, err := f.ReadAt(buf, 0); err != nil && !errors.Is(err, io.EOF) {
		return checkpointSummary{}, err
	}
	batch, _, err := record.Next(buf)
	if err != nil {
		return checkpointSummary{}, err
	}
	var c checkpoint
	var headed, footed bool
	err = c.control(batch, &headed, &footed)
	return checkpointSummary{size, c.lastContainedMs}, err
}

// parseCheckpoint reads the bytes of a checkpoint file.
func parseCheckpoint(data []byte, replay func(metadata.Record) error) (checkpoint, error) {
	var c checkpoint
	headed, footed := false, false
	for len(data) > 0 {
		if footed {
			return c, errors.New("bytes behind the snapshot footer")
		}
		batch, rest, err := record.Next(data)
		if err != nil {
			return c, err
		}
		if err := batch.Validate(); err != nil {
			return c, err
		}
		data = rest
		if !batch.IsControl() {
			if !headed {
				return c, errors.New("no snapshot header at its start")
			}
			if err := replayBatch(batch, decoded(replay)); err != nil {
				return c, err
			}
			continue
		}
		if err := c.control(batch, &headed, &footed); err != nil {
			return c, err
		}
	}
	if !footed {
		return c, errNoFooter
	}
	return c, nil
}

func (c *checkpoint) control(batch record.Batch, headed, footed *bool) error {
	var r record.Reader
	r.Reset(batch, record.Limits{})
	for r.Next() {
		rec := r.Record()
		_, kind, err := record.ParseControlKey(rec.Key)
		if err != nil {
			return err
		}
		switch kind {
		case record.ControlSnapshotHeader:
			var m controlrecord.SnapshotHeaderRecord
			if err := m.Decode(rec.Value, 0); err != nil {
				return err
			}
			c.lastContainedMs, *headed = m.LastContainedLogTimestamp, true
		case record.ControlSnapshotFooter:
			*footed = true
		default:
			if err := c.voters.apply(rec.Key, rec.Value); err != nil {
				return err
			}
		}
	}
	if !*headed {
		return errors.New("no snapshot header at its start")
	}
	return r.Err()
}

// replayBatch calls each with every record of a batch.
func replayBatch(batch record.Batch, each func(offset int64, value []byte) error) error {
	var r record.Reader
	r.Reset(batch, record.Limits{})
	for r.Next() {
		rec := r.Record()
		if err := each(rec.Offset, rec.Value); err != nil {
			return fmt.Errorf("metadata record at offset %d: %w", rec.Offset, err)
		}
	}
	return r.Err()
}

// decoded returns a function for replayBatch that stops at the first record that cannot be decoded
// or replayed.
func decoded(replay func(metadata.Record) error) func(int64, []byte) error {
	return func(_ int64, value []byte) error {
		m, _, err := mr.Unmarshal(value)
		if err != nil {
			return err
		}
		return replay(m)
	}
}
