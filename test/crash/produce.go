package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// session is one idempotent producer from its id to its end.
type session struct {
	h      *harness
	number int32
	cl     *kgo.Client
	seq    map[part]int64
}

// batchLimit keeps batches below the size of a segment, above which a broker refuses them.
func batchLimit(topic string) int32 {
	if topic == "plain" {
		return 1_000_000
	}
	return 32_000
}

var codecs = []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}

// session opens a producer that retries for ever: its records from before and after a kill must
// exist once.
func (h *harness) session(rng *rand.Rand) (*session, error) {
	s := &session{h: h, number: h.sessions.Add(1), seq: map[part]int64{}}
	var err error
	s.cl, err = h.client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.StopProducerOnDataLossDetected(), kgo.UnknownTopicRetries(-1), kgo.MaxBufferedRecords(4000),
		kgo.ProducerLinger(time.Duration(rng.IntN(6))*time.Millisecond), kgo.ProducerBatchMaxBytesFn(batchLimit),
		kgo.ProducerBatchCompression(codecs[rng.IntN(len(codecs))]), kgo.ProduceRequestTimeout(20*time.Second))
	return s, err
}

// checkID checks that the broker never allocates an id twice.
func (s *session) checkID() error {
	ctx, cancel := context.WithTimeout(s.h.ctx, 30*time.Second)
	defer cancel()
	id, _, err := s.cl.ProducerID(ctx)
	if err != nil {
		return nil // no answer: the session continues and retries by itself
	}
	s.h.idMu.Lock()
	defer s.h.idMu.Unlock()
	if other, ok := s.h.ids[id]; ok && other != s.number {
		return broken("id", fmt.Sprint("producer id ", id), "given to sessions %d and %d", other, s.number)
	}
	s.h.ids[id] = s.number
	return nil
}

// send produces one record and enters its answer in the ledger. key is empty for a record without
// key. tomb makes it a deletion.
func (s *session) send(ctx context.Context, l *ledger, key string, tomb bool, size int) {
	p := l.part
	id := recordID{s.number, s.seq[p]}
	s.seq[p]++
	r := &kgo.Record{Topic: p.Topic, Partition: p.Partition, Value: value(id, size)}
	if key != "" {
		r.Key = []byte(key)
		s.h.keyed.sent(p, key, id, tomb)
	}
	if tomb {
		r.Headers, r.Value = []kgo.RecordHeader{{Key: "id", Value: value(id, 0)}}, nil
	}
	s.cl.Produce(ctx, r, func(r *kgo.Record, err error) {
		if err != nil {
			s.h.unanswered(p, id, err)
			return
		}
		s.h.count.acked.Add(1)
		if key != "" {
			s.h.keyed.acked(p, key, id, tomb)
		}
		s.h.fail(l.acked(r.Offset, id))
	})
}

// unanswered handles a record's error. The only allowed error is the end of the producer itself.
func (h *harness) unanswered(p part, id recordID, err error) {
	if errors.Is(err, kgo.ErrClientClosed) || errors.Is(err, context.Canceled) || errors.Is(err, kgo.ErrAborting) || h.ctx.Err() != nil {
		h.count.unknown.Add(1)
		return
	}
	h.fail(broken("refused", p, "%v: %v", id, err))
}

func size(rng *rand.Rand) int {
	switch n := rng.IntN(1000); {
	case n < 2:
		return 8000 + rng.IntN(16_000)
	case n < 50:
		return 2000 + rng.IntN(6000)
	default:
		return 20 + rng.IntN(400)
	}
}

// produceLoop writes to the topics without keys. A short-lived producer ends its sessions while
// records are in flight.
func (h *harness) produceLoop(rng *rand.Rand, rate int, shortLived bool) {
	for h.ctx.Err() == nil {
		s, err := h.session(rng)
		if err != nil {
			h.fail(err)
			return
		}
		h.fail(s.checkID())
		end := time.Now().Add(time.Duration(500+rng.IntN(4000)) * time.Millisecond)
		if !shortLived {
			end = time.Now().Add(24 * time.Hour)
			h.keepForEnd(s.cl)
		}
		for time.Now().Before(end) && h.pause(20*time.Millisecond) {
			for range rng.IntN(2*rate/50 + 2) {
				t := logTopics[rng.IntN(3)]
				s.send(h.ctx, h.ledgers[part{t.name, rng.Int32N(t.partitions)}], "", false, size(rng))
			}
		}
		if shortLived {
			s.cl.Close()
		}
	}
}

// keepForEnd makes the run wait for a producer's last answers.
func (h *harness) keepForEnd(cl *kgo.Client) {
	h.idMu.Lock()
	defer h.idMu.Unlock()
	h.producers = append(h.producers, cl)
}

// keyedLoop writes and deletes keys that no other goroutine writes.
func (h *harness) keyedLoop(rng *rand.Rand, writer, rate int) {
	s, err := h.session(rng)
	if err != nil {
		h.fail(err)
		return
	}
	h.keepForEnd(s.cl)
	for h.pause(30 * time.Millisecond) {
		h.gate.RLock()
		for range rng.IntN(2*rate*3/100 + 2) {
			// A few hot keys, many cold ones.
			k := rng.IntN(1 + rng.IntN(300))
			s.send(h.ctx, h.ledgers[part{"keyed", int32(k % 2)}], fmt.Sprintf("w%d-%d", writer, k), rng.IntN(6) == 0, 20+rng.IntN(300))
		}
		err := s.cl.Flush(h.ctx)
		h.gate.RUnlock()
		if err != nil {
			return
		}
	}
}
