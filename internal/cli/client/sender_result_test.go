package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// smallLane returns a lane whose library refuses records above 1000 bytes before it buffers them.
// It reports the result in another goroutine, and Flush does not wait for that.
func smallLane(t *testing.T) *lane {
	t.Helper()
	l := &lane{limit: 16 << 10}
	var err error
	if l.cl, err = kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1"), kgo.MaxBufferedBytes(1000)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.cl.Close)
	return l
}

// A record that is sent alone has the result of the library, also when the library refuses the
// record before it buffers it.
func TestAloneWaitsForTheResult(t *testing.T) {
	l := smallLane(t)
	s := &Sender{most: 1 << 20, limit: l.limit, lanes: map[int]*lane{l.limit: l}}
	for range 20 {
		called := false
		err := s.alone(t.Context(), []try{{ctx: t.Context(), rec: &kgo.Record{Topic: "t", Value: make([]byte, 2000)}, done: func(_ *kgo.Record, err error) {
			called = true
			if !errors.Is(err, kerr.MessageTooLarge) {
				t.Errorf("the record has the result %v", err)
			}
		}}})
		if err != nil || !called {
			t.Fatal(err, called)
		}
	}
}

// A flush waits for the results of all records, and so for those of records that the library
// refuses before it buffers them.
func TestFlushWaitsForAllResults(t *testing.T) {
	l := smallLane(t)
	l.whole = true // the lane does not collect the record
	for range 20 {
		results := 0
		l.produce(try{ctx: t.Context(), rec: &kgo.Record{Topic: "t", Value: make([]byte, 2000)}, done: func(_ *kgo.Record, err error) {
			if err != nil {
				results++
			}
		}})
		if err := l.flush(t.Context()); err != nil || results != 1 || l.unacknowledged() != 0 {
			t.Fatalf("%d results after the flush, %d unacknowledged, %v", results, l.unacknowledged(), err)
		}
	}
}

// The flush ends with its context although a record has no result.
func TestFlushEndsWithItsContext(t *testing.T) {
	l := smallLane(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.waiting = 1
	if err := l.flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the flush ended with %v", err)
	}
}

// The sizes and texts are those of Apache Kafka 4.4's console producer.
func TestRecordTooLarge(t *testing.T) {
	value := make([]byte, 2000)
	for _, c := range []struct {
		props Props
		want  string
	}{
		{Props{"buffer.memory": "1000"}, "The message is 2086 bytes when serialized which is larger than the total memory buffer you have configured with the buffer.memory configuration."},
		{Props{"buffer.memory": "2085"}, "The message is 2086 bytes when serialized which is larger than the total memory buffer you have configured with the buffer.memory configuration."},
		{Props{"buffer.memory": "2086"}, ""},
		{Props{"max.request.size": "1000", "buffer.memory": "1000"}, "The message is 2086 bytes when serialized which is larger than 1000, which is the value of the max.request.size configuration."},
		{Props{"max.request.size": "2086"}, ""},
		{Props{}, ""},
	} {
		err := boundsOf(c.props).check(&kgo.Record{Value: value})
		if c.want == "" && err == nil {
			continue
		}
		var x tool.Exception
		if !errors.As(err, &x) || x.Exception() != "org.apache.kafka.common.errors.RecordTooLargeException: "+c.want {
			t.Errorf("%v: the error is %v", c.props, err)
		}
	}
	s, err := NewSender(&tool.Env{Stdout: io.Discard, Stderr: io.Discard}, Options{Bootstrap: "127.0.0.1:1", Props: Props{"buffer.memory": "1000"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: value}); err == nil {
		t.Error("the record above buffer.memory was taken")
	}
}

// The sizes are those of DefaultRecordBatch.estimateBatchSizeUpperBound.
func TestJavaSize(t *testing.T) {
	kib := bytes.Repeat([]byte{1}, 1024)
	for _, c := range []struct {
		rec  kgo.Record
		want int64
	}{
		{kgo.Record{}, 85},
		{kgo.Record{Key: []byte{}, Value: make([]byte, 63)}, 85 + 63},
		{kgo.Record{Key: []byte{}, Value: make([]byte, 64)}, 86 + 64},
		{kgo.Record{Key: kib, Value: make([]byte, 8192)}, 88 + 1024 + 8192},
		{kgo.Record{Headers: []kgo.RecordHeader{{Key: "ab"}, {Key: "c", Value: kib}}}, 85 + 1 + 2 + 1 + 1 + 1 + 2 + 1024},
	} {
		if got := javaSize(&c.rec); got != c.want {
			t.Errorf("the size is %d, want %d", got, c.want)
		}
	}
}
