package replication

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// TestManyAtOnce runs producers with all kinds of acks and waiting consumers. Every consumer reads
// every record once, in the order of its producer.
func TestManyAtOnce(t *testing.T) {
	const producers, consumers, partitions, each = 8, 4, 2, 150
	n := running(t, vfs.NewMem())
	n.createTopic("t", partitions, "internal.segment.bytes", "4000")
	var sending, reading sync.WaitGroup
	for i := range producers {
		sending.Add(1)
		go func() {
			defer sending.Done()
			for j := range each {
				res := n.await(int32(j%partitions), int16(i%3)-1, batch(t, fmt.Sprintf("%d/%d", i, j)))
				if res.Err != 0 {
					t.Errorf("produce: %v %s", res.Err, res.Message)
				}
			}
		}()
	}
	for range consumers {
		for p := range partitions {
			reading.Add(1)
			go func() {
				defer reading.Done()
				n.consume(int32(p), producers*each/partitions)
			}()
		}
	}
	sending.Wait()
	reading.Wait()
	if n.m.Delayed() != (Delayed{}) {
		t.Errorf("%+v operations left behind", n.m.Delayed())
	}
}

// running is a node that runs on the real host.
func running(t *testing.T, fs vfs.FS) *node {
	n := &node{t: t, fs: fs, image: metadata.Empty()}
	b := config.NewDynamic(config.Default())
	logs, err := logmanager.New(logmanager.Options{FS: fs, Dirs: []string{"/data"}, Config: logmanager.ConfigFrom(b.Values()), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	n.logs = logs
	clock := func() int64 { return time.Now().UnixMilli() }
	n.now.Store(clock())
	n.m = New(Options{BrokerID: 1, Logs: logs, Config: b, Logger: quiet})
	if err := n.m.Start(n.image, clock(), nil, nil); err != nil {
		t.Fatal(err)
	}
	logs.Run()
	n.m.Run()
	t.Cleanup(func() {
		n.m.Stop()
		logs.Stop(true, -1)
	})
	return n
}

func (n *node) await(partition int32, acks int16, records []byte) AppendPart {
	done := make(chan AppendPart, 1)
	r := NewAppendRequest()
	r.Acks, r.TimeoutMs, r.NowMs = acks, 10_000, time.Now().UnixMilli()
	a := r.Add()
	a.Topic, a.Partition, a.Records = "t", partition, records
	r.Done = func(r *AppendRequest) {
		done <- r.Parts[0]
		r.Release()
	}
	n.m.Append(r)
	return <-done
}

// consume reads a partition with fetches that wait until it has want records, and checks them.
func (n *node) consume(partition int32, want int) {
	last := map[string]int{}
	at, seen := int64(0), 0
	for seen < want {
		for _, b := range n.poll(partition, at) {
			if b.BaseOffset() != at {
				n.t.Errorf("partition %d: batch at %d, expected %d", partition, b.BaseOffset(), at)
				return
			}
			var r record.Reader
			for r.Reset(b, record.Limits{}); r.Next(); seen++ {
				who, number, _ := strings.Cut(string(r.Record().Value), "/")
				var no int
				fmt.Sscan(number, &no)
				if before, ok := last[who]; ok && no <= before {
					n.t.Errorf("producer %s: %d after %d", who, no, before)
				}
				last[who] = no
			}
			at = b.NextOffset()
		}
	}
}

func (n *node) poll(partition int32, at int64) []record.Batch {
	done := make(chan got, 1)
	f := NewFetchRequest()
	f.MaxWaitMs, f.MinBytes, f.NowMs = 20, 1, time.Now().UnixMilli()
	p := f.Add()
	p.Topic, p.Partition, p.Offset, p.MaxBytes = "t", partition, at, 1<<20
	f.Done = func(f *FetchRequest) {
		g := got{FetchPart: f.Parts[0]}
		g.data, _ = f.Parts[0].Slice.ReadInto(nil)
		f.Parts[0].Slice.Close()
		done <- g
		f.Release()
	}
	n.m.Fetch(f)
	g := <-done
	return g.batches(n.t)
}
