package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// reading is a reader that reads several partitions.
type reading struct {
	h      *harness
	passes map[part]*pass
	ends   map[part]int64
	open   int // partitions that are not read to their end
	finals map[part]map[string]final
	skip   bool // the planted fault of a reader that omits an acknowledged record
	last   error
}

// readAll reads partitions from log start to end and compares all records with their ledgers.
// finals, when not nil, receives each key's last record.
func (h *harness) readAll(ctx context.Context, ledgers []*ledger, finals map[part]map[string]final, opts ...kgo.Opt) error {
	rd := &reading{h: h, passes: map[part]*pass{}, ends: map[part]int64{}, finals: finals, skip: h.o.plant == "skip-read"}
	topics := map[string]bool{}
	ended := map[part]int64{}
	for _, l := range ledgers {
		topics[l.part.Topic] = true
		_, ended[l.part], _ = l.mark()
	}
	var names []string
	for t := range topics {
		names = append(names, t)
	}
	starts, err := h.admin.ListStartOffsets(ctx, names...)
	if err != nil {
		return fmt.Errorf("listing log starts: %w", err)
	}
	ends, err := h.admin.ListEndOffsets(ctx, names...)
	if err != nil {
		return fmt.Errorf("listing log ends: %w", err)
	}
	from := map[string]map[int32]kgo.Offset{}
	for _, l := range ledgers {
		start, ok1 := starts.Lookup(l.part.Topic, l.part.Partition)
		end, ok2 := ends.Lookup(l.part.Topic, l.part.Partition)
		if !ok1 || !ok2 || start.Err != nil || end.Err != nil {
			return broken("topic", l.part, "its offsets cannot be listed: %v %v", start.Err, end.Err)
		}
		if err := l.startsAt(start.Offset); err != nil {
			return err
		}
		p := newPass(l, start.Offset, ended[l.part])
		rd.passes[l.part], rd.ends[l.part] = p, end.Offset
		if start.Offset == end.Offset {
			continue
		}
		if from[l.part.Topic] == nil {
			from[l.part.Topic] = map[int32]kgo.Offset{}
		}
		from[l.part.Topic][l.part.Partition] = kgo.NewOffset().At(start.Offset)
		rd.open++
	}
	if err := rd.read(ctx, from, opts); err != nil {
		return err
	}
	for p, pass := range rd.passes {
		if err := pass.done(rd.ends[p]); err != nil {
			return err
		}
	}
	return h.lookups(ctx, rd)
}

func (rd *reading) read(ctx context.Context, from map[string]map[int32]kgo.Offset, opts []kgo.Opt) error {
	if rd.open == 0 {
		return nil
	}
	cl, err := rd.h.client(append(opts, kgo.ConsumePartitions(from), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.KeepRetryableFetchErrors())...)
	if err != nil {
		return err
	}
	defer cl.Close()
	rd.h.count.passes.Add(1)
	for rd.open > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return rd.stuck()
		}
		fetches.EachError(func(t string, p int32, err error) { rd.last = fmt.Errorf("%s-%d: %w", t, p, err) })
		var failed error
		fetches.EachRecord(func(r *kgo.Record) {
			if failed == nil {
				failed = rd.take(ctx, r)
			}
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

// stuck reports a partition that the reader could not read to its end.
func (rd *reading) stuck() error {
	if err := rd.h.server.alive(); err != nil {
		return err
	}
	for p, pass := range rd.passes {
		if next := max(pass.next, pass.from); next < rd.ends[p] {
			return broken("unread", p, "reading does not get from %d to the end %d: %v", next, rd.ends[p], rd.last)
		}
	}
	return broken("unread", "all", "reading does not end: %v", rd.last)
}

func (rd *reading) take(ctx context.Context, r *kgo.Record) error {
	p := part{r.Topic, r.Partition}
	pass := rd.passes[p]
	before := max(pass.next, pass.from)
	rd.h.count.read.Add(1)
	val := r.Value
	tomb := val == nil && len(r.Headers) == 1
	if tomb {
		val = r.Headers[0].Value
	}
	id, err := parseValue(val)
	if err != nil {
		return broken("corrupt", p, "offset %d: %v", r.Offset, err)
	}
	if rd.skip && r.Offset == rd.ends[p]/2 {
		rd.skip = false
		return nil
	}
	jumped := false
	if r.Offset > before && rd.retained(p.Topic) {
		// Retention may have overtaken this reader. The log then begins at this offset or above.
		starts, err := rd.h.admin.ListStartOffsets(ctx, p.Topic)
		if err != nil {
			return fmt.Errorf("listing log starts: %w", err)
		}
		o, _ := starts.Lookup(p.Topic, p.Partition)
		jumped = o.Offset >= r.Offset
	}
	if err := pass.take(r.Offset, r.Timestamp.UnixMilli(), id, jumped); err != nil {
		return err
	}
	if rd.finals != nil && len(r.Key) > 0 {
		if rd.finals[p] == nil {
			rd.finals[p] = map[string]final{}
		}
		rd.finals[p][string(r.Key)] = final{id, r.Offset, tomb}
	}
	if before < rd.ends[p] && pass.next >= rd.ends[p] {
		rd.open--
	}
	return nil
}

func (rd *reading) retained(topic string) bool {
	for _, t := range logTopics {
		if t.name == topic {
			return t.retained
		}
	}
	return false
}

// lookups asks for offsets by time and reads from the middle of logs: rebuilt indexes must point to
// the right places.
func (h *harness) lookups(ctx context.Context, rd *reading) error {
	middle := map[string]map[int32]kgo.Offset{}
	want := map[part]int64{}
	for p, pass := range rd.passes {
		if pass.l.compacted || rd.retained(p.Topic) || len(pass.stamps) == 0 {
			continue
		}
		s := pass.stamps[h.rng.IntN(len(pass.stamps))]
		if h.rng.IntN(4) == 0 {
			if err := h.byTime(ctx, rd, p.Topic, s.ms); err != nil {
				return err
			}
		}
		if middle[p.Topic] == nil {
			middle[p.Topic] = map[int32]kgo.Offset{}
		}
		middle[p.Topic][p.Partition], want[p] = kgo.NewOffset().At(s.offset), s.offset
	}
	if len(want) == 0 {
		return nil
	}
	cl, err := h.client(kgo.ConsumePartitions(middle), kgo.FetchMaxPartitionBytes(1000), kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		return err
	}
	defer cl.Close()
	for len(want) > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return broken("unread", "middle", "no records at %v", want)
		}
		var failed error
		fetches.EachPartition(func(f kgo.FetchTopicPartition) {
			p := part{f.Topic, f.Partition}
			if o, ok := want[p]; ok && len(f.Records) > 0 {
				if got := f.Records[0].Offset; got != o {
					failed = broken("gap", p, "a fetch at offset %d begins with %d", o, got)
				}
				delete(want, p)
			}
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

// byTime compares ListOffsets by timestamp with the records of the read.
func (h *harness) byTime(ctx context.Context, rd *reading, topic string, ms int64) error {
	offsets, err := h.admin.ListOffsetsAfterMilli(ctx, ms, topic)
	if err != nil {
		return fmt.Errorf("listing offsets by time: %w", err)
	}
	var failed error
	offsets.Each(func(o kadm.ListedOffset) {
		pass := rd.passes[part{o.Topic, o.Partition}]
		if pass == nil || failed != nil {
			return
		}
		for _, s := range pass.stamps {
			if s.ms >= ms {
				if s.offset != o.Offset {
					failed = broken("index", pass.l.part, "the first record not before %d has offset %d, ListOffsets says %d", ms, s.offset, o.Offset)
				}
				return
			}
		}
	})
	return failed
}
