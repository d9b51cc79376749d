package node_test

import (
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// codecOf returns the codec of the newest stored batch of the topic.
func (e *effect) codecOf() int8 {
	e.Helper()
	ends, err := e.admin.ListEndOffsets(e.ctx, e.topic)
	if err != nil {
		e.Fatal(err)
	}
	end, _ := ends.Lookup(e.topic, 0)
	return int8(e.readFrom(end.Offset - 1).Attrs.CompressionType())
}

func (e *effect) readFrom(offset int64) *kgo.Record {
	e.Helper()
	c := client(e.T, e.b, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{e.topic: {0: kgo.NewOffset().At(offset)}}))
	defer c.Close()
	fetches := c.PollFetches(e.ctx)
	if err := fetches.Err(); err != nil || fetches.NumRecords() == 0 {
		e.Fatal(err)
	}
	return fetches.Records()[0]
}

func codecChanges(e *effect) {
	e.create(nil)
	e.mustProduce(value(1000))
	if c := e.codecOf(); c != 0 {
		e.Fatalf("codec %d before the change", c)
	}
	e.set("compression.type", "zstd")
	e.mustProduce(value(1000))
	if c := e.codecOf(); c != 4 {
		e.Errorf("codec %d after the change to zstd", c)
	}
}

func levelChanges(codec, low, high string) func(*effect) {
	return func(e *effect) {
		e.create(map[string]string{"compression.type": codec})
		text := &kgo.Record{Value: words(200_000)}
		sizeAt := func(level string) int64 {
			e.set("compression."+codec+".level", level)
			_, before := e.files(".log")
			e.mustProduce(text)
			_, after := e.files(".log")
			return after - before
		}
		if atLow, atHigh := sizeAt(low), sizeAt(high); atHigh >= atLow {
			e.Errorf("%d bytes at level %s, %d bytes at level %s", atLow, low, atHigh, high)
		}
	}
}

// keys writes records of one key into closed segments, so that compaction can drop all but the
// last.
func (e *effect) keys(value []byte) {
	e.Helper()
	for range 20 {
		e.mustProduce(&kgo.Record{Key: []byte("k"), Value: value})
	}
}

// compacts begins with a value at which the topic is not compacted, and changes to one at which it
// is.
func compacts(key, before, after string, topic map[string]string) func(*effect) {
	return func(e *effect) {
		configs := map[string]string{"internal.segment.bytes": "2000", "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01"}
		delete(configs, map[string]string{"log.cleanup.policy": "cleanup.policy", "log.cleaner.min.cleanable.ratio": "min.cleanable.dirty.ratio"}[key])
		for k, v := range topic {
			configs[k] = v
		}
		e.set(key, before)
		e.create(configs)
		e.keys(make([]byte, 1000))
		if _, bytes := e.files(".log"); bytes < 20_000 {
			e.Fatalf("%d bytes are left before the change", bytes)
		}
		e.set(key, after)
		e.eventually("compaction", func() bool { _, bytes := e.files(".log"); return bytes < 10_000 })
	}
}

// keysOf returns the keys of the topic's records, from the first to the last.
func (e *effect) keysOf() (keys []string) {
	e.Helper()
	ends, err := e.admin.ListEndOffsets(e.ctx, e.topic)
	if err != nil {
		e.Fatal(err)
	}
	end, _ := ends.Lookup(e.topic, 0)
	c := client(e.T, e.b, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{e.topic: {0: kgo.NewOffset().At(0)}}))
	defer c.Close()
	for {
		fetches := c.PollFetches(e.ctx)
		if err := fetches.Err(); err != nil {
			e.Fatal(err)
		}
		for _, r := range fetches.Records() {
			if keys = append(keys, string(r.Key)); r.Offset == end.Offset-1 {
				return keys
			}
		}
	}
}

// tombstonesGo compacts a topic with a deleted key before the change, and with another one after
// it. The first compaction of a batch sets its delete horizon, as in Apache Kafka.
func tombstonesGo(e *effect) {
	e.create(map[string]string{"internal.segment.bytes": "2000", "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "file.delete.delay.ms": "0"})
	e.mustProduce(&kgo.Record{Key: []byte("early")})
	e.keys(make([]byte, 1000))
	e.eventually("compaction", func() bool { _, bytes := e.files(".log"); return bytes < 10_000 })
	e.set("log.cleaner.delete.retention.ms", "0")
	e.mustProduce(&kgo.Record{Key: []byte("late")})
	e.eventually("the end of the late tombstone", func() bool {
		e.keys(make([]byte, 1000))
		return !slices.Contains(e.keysOf(), "late")
	})
	if !slices.Contains(e.keysOf(), "early") {
		e.Error("the early tombstone went too")
	}
}

// jitterRolls compares the segments of records that are 40 minutes apart, with segment.ms of an
// hour. Without jitter each segment has two records. With up to an hour of jitter two of three have
// one.
func jitterRolls(e *effect) {
	const records = 60
	e.create(map[string]string{"segment.ms": "3600000"})
	when := time.Now().Add(-6 * 24 * time.Hour)
	send := func() int {
		before, _ := e.files(".log")
		for range records {
			r := value(1)
			when = when.Add(40 * time.Minute)
			r.Timestamp = when
			e.mustProduce(r)
		}
		after, _ := e.files(".log")
		return after - before
	}
	if n := send(); n > records/2 {
		e.Fatalf("%d segments before the change", n)
	}
	e.set("log.roll.jitter.ms", "3600000")
	if n := send(); n <= records/2+1 {
		e.Errorf("%d segments after the change", n)
	}
}

// indexGrows compares the offset index of a closed segment.
func indexGrows(e *effect) {
	e.create(map[string]string{"internal.segment.bytes": "20000"})
	bytesOfClosed := func() int64 {
		before, bytesBefore := e.files(".index")
		for n := before; n < before+2; n, _ = e.files(".index") {
			e.mustProduce(value(1000))
		}
		_, bytes := e.files(".index")
		return bytes - bytesBefore
	}
	few := bytesOfClosed()
	e.set("log.index.interval.bytes", "1")
	if many := bytesOfClosed(); many <= few {
		e.Errorf("%d bytes of index before the change, %d after it", few, many)
	}
}

// rolls checks for new segments after a change. Records are a day apart.
func rolls(key, small string, topic map[string]string) func(*effect) {
	return func(e *effect) {
		e.create(topic)
		when := time.Now().Add(-5 * 24 * time.Hour)
		send := func() {
			for range 25 {
				r := value(60_000)
				when = when.Add(time.Hour)
				r.Timestamp = when
				e.mustProduce(r)
			}
		}
		send()
		if n, _ := e.files(".log"); n != 1 {
			e.Fatalf("%d segments before the change", n)
		}
		e.set(key, small)
		for range 3 {
			send()
		}
		if n, _ := e.files(".log"); n < 2 {
			e.Errorf("%d segments after the change", n)
		}
	}
}

// deletes checks for the deletion of old segments.
func deletes(key, small string) func(*effect) {
	return func(e *effect) {
		e.create(map[string]string{"internal.segment.bytes": "2000"})
		for range 5 {
			r := value(1500)
			r.Timestamp = time.Now().Add(-time.Hour)
			e.mustProduce(r)
		}
		if n, _ := e.files(".log"); n != 5 {
			e.Fatalf("%d segments before the change", n)
		}
		e.set(key, small)
		e.eventually("deletion", func() bool {
			starts, err := e.admin.ListStartOffsets(e.ctx, e.topic)
			start, _ := starts.Lookup(e.topic, 0)
			return err == nil && start.Offset >= 4
		})
	}
}

// filesGo deletes records. Their files stay for log.segment.delete.delay.ms.
func filesGo(e *effect) {
	e.create(map[string]string{"internal.segment.bytes": "2000"})
	for range 5 {
		e.mustProduce(value(1500))
	}
	drop := func(to int64) {
		offsets := kadm.Offsets{}
		offsets.AddOffset(e.topic, 0, to, -1)
		if _, err := e.admin.DeleteRecords(e.ctx, offsets); err != nil {
			e.Fatal(err)
		}
	}
	drop(2)
	e.eventually("files that wait for their deletion", func() bool { n, _ := e.files(".log.deleted"); return n > 0 })
	e.set("log.segment.delete.delay.ms", "0")
	waiting, _ := e.files(".log.deleted")
	drop(4)
	e.eventually("the deletion of the other files", func() bool { logs, _ := e.files(".log"); return logs == 1 })
	e.eventually("no more files that wait", func() bool { n, _ := e.files(".log.deleted"); return n <= waiting })
}

func sized(n int) func() *kgo.Record { return func() *kgo.Record { return value(n) } }

func at(from time.Duration) func() *kgo.Record {
	return func() *kgo.Record { r := value(1); r.Timestamp = time.Now().Add(from); return r }
}

// refuses checks for the error of a record that was accepted before the change.
func refuses(key, small string, want error, record func() *kgo.Record) func(*effect) {
	return func(e *effect) {
		configs := map[string]string{}
		if key == "max.decompressed.message.bytes" {
			configs["compression.type"] = "gzip" // the broker decompresses a batch to compress it again
			e.c = client(e.T, e.b, kgo.ProducerBatchCompression(kgo.SnappyCompression()), kgo.DefaultProduceTopic(e.topic))
		}
		e.create(configs)
		e.mustProduce(record())
		e.set(key, small)
		c := client(e.T, e.b, kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.DefaultProduceTopic(e.topic), kgo.RecordRetries(0))
		if key == "max.decompressed.message.bytes" {
			c = client(e.T, e.b, kgo.ProducerBatchCompression(kgo.SnappyCompression()), kgo.DefaultProduceTopic(e.topic), kgo.RecordRetries(0))
		}
		if err := c.ProduceSync(e.ctx, record()).FirstErr(); !errors.Is(err, want) {
			e.Errorf("%v, want %v", err, want)
		}
	}
}

func brokerStamps(e *effect) {
	e.create(nil)
	kind := func() int8 {
		r := value(1)
		r.Timestamp = time.Now().Add(-time.Minute)
		e.mustProduce(r)
		return e.readFrom(r.Offset).Attrs.TimestampType()
	}
	if k := kind(); k != 0 {
		e.Fatalf("timestamp type %d before the change", k)
	}
	e.set("log.message.timestamp.type", "LogAppendTime")
	if k := kind(); k != 1 {
		e.Errorf("timestamp type %d after the change", k)
	}
}
