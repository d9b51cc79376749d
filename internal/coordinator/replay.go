package coordinator

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// replayed is a log that was replayed.
type replayed struct {
	// committed is the high watermark at the begin of the load, end the offset after the log. seen
	// has the records between the two, listings what they change in a list.
	committed, end int64
	seen           seen
	listings       listings
}

// keyOf returns the key of a record, "" when it may concern the whole core.
func keyOf(core any, record []byte) string {
	if k, ok := core.(shard.KeyedRecords); ok {
		return k.KeyOf(record)
	}
	return ""
}

// replayLog replays the whole log into core. It passes over records that are damaged or missing:
// the offsets and groups of the other records count more.
func (r *Runtime[S]) replayLog(id int32, core S) (log replayed, err error) {
	var at int64
	if at, log.committed, log.end, err = r.opts.Log.Bounds(id); err != nil {
		return log, err
	}
	var rd record.Reader
	var left omissions
	for at < log.end {
		chunk, lost, file, err := r.opts.Log.Read(id, at, loadChunk)
		if err != nil {
			return log, err
		}
		from := at
		if lost > at {
			left.lose(at, lost, file)
			at = lost
		} else if len(chunk) == 0 {
			break // compaction removed everything up to the end
		}
		for len(chunk) > 0 {
			b, rest, err := record.Next(chunk)
			if err != nil {
				return log, fmt.Errorf("batch after offset %d: %w", at, err)
			}
			chunk = rest
			if b.LastOffset() < at {
				continue
			}
			replayBatch(core, &rd, b, &log, &left)
			at = b.NextOffset()
		}
		if at <= from {
			return log, fmt.Errorf("no batch follows offset %d", from)
		}
	}
	left.log(r.opts.Logger.With("topic", r.opts.Topic, "partition", id))
	return log, nil
}

// replayBatch replays one batch. A record that the core refuses is skipped: it has a newer version
// or a wrong content, and the other records are valid.
func replayBatch(core shard.Core, rd *record.Reader, b record.Batch, log *replayed, left *omissions) {
	s := shard.Stored{ProducerID: -1, ProducerEpoch: -1}
	if b.IsTransactional() {
		s.ProducerID, s.ProducerEpoch = b.ProducerID(), b.ProducerEpoch()
	}
	next := b.BaseOffset()
	rd.Reset(b, record.Limits{})
	for rd.Next() {
		rec := rd.Record()
		next = rec.Offset + 1
		if b.IsControl() {
			if _, kind, err := record.ParseControlKey(rec.Key); err == nil && (kind == record.ControlCommit || kind == record.ControlAbort) {
				log.endTxn(core, rec.Offset, b, kind == record.ControlCommit)
			}
			continue
		}
		s.Offset, s.Timestamp, s.Key, s.Value = rec.Offset, rec.Timestamp, rec.Key, rec.Value
		if err := log.replay(core, s); err != nil {
			left.refuse(rec.Offset, err)
		}
	}
	if rd.Err() != nil { // the checksum is right: it was written like this
		left.lose(next, b.NextOffset(), "")
	}
}

// replay replays one record.
func (l *replayed) replay(core shard.Core, s shard.Stored) error {
	if s.Offset < l.committed {
		return core.Replay(s)
	}
	l.seen.wrote(keyOf(core, s.Key), s.Offset+1)
	return replayListed(core, s, &l.listings)
}

// endTxn replays one transaction marker. A transaction may have records of several keys.
func (l *replayed) endTxn(core shard.Core, offset int64, b record.Batch, committed bool) {
	if offset < l.committed {
		core.ReplayEndTxn(b.ProducerID(), b.ProducerEpoch(), committed)
		return
	}
	l.seen.wrote("", offset+1)
	replayEndTxnListed(core, offset, b.ProducerID(), b.ProducerEpoch(), committed, &l.listings)
}

// omissions are the records that a load leaves out.
type omissions struct {
	// lost are the offsets that cannot be read, in order, and files the files that had them.
	lost  []lostRange
	files []string
	// refused counts the records that the core does not understand. first is the offset of the
	// first of them, err its error.
	refused int
	first   int64
	err     error
}

// lostRange is [from, to).
type lostRange struct{ from, to int64 }

func (o *omissions) lose(from, to int64, file string) {
	if n := len(o.lost); n > 0 && o.lost[n-1].to == from {
		o.lost[n-1].to = to
	} else {
		o.lost = append(o.lost, lostRange{from, to})
	}
	if file != "" && !slices.Contains(o.files, file) {
		o.files = append(o.files, file)
	}
}

func (o *omissions) refuse(offset int64, err error) {
	if o.refused++; o.refused == 1 {
		o.first, o.err = offset, err
	}
}

// namedRanges bounds the ranges that a log line names.
const namedRanges = 20

// log writes one line for each kind of omission.
func (o *omissions) log(l *slog.Logger) {
	if len(o.lost) > 0 {
		var text []string
		for _, r := range o.lost[:min(len(o.lost), namedRanges)] {
			text = append(text, fmt.Sprintf("%d-%d", r.from, r.to-1))
		}
		l.Error("a coordinator partition has damaged or missing records, and its state lacks them", "offsets", strings.Join(text, ","),
			"ranges", len(o.lost), "files", strings.Join(o.files, ","))
	}
	if o.refused > 0 {
		l.Warn("records cannot be replayed and are skipped", "count", o.refused, "offset", o.first, "error", o.err)
	}
}
