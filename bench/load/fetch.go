package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// FetchOptions describes a load of consumers that read a topic from its start.
type FetchOptions struct {
	Addr, Topic string
	Partitions  int
	Conns       int
	// Stride is the number of partitions between the first partitions of two successive
	// connections. 0 means 1.
	Stride int
	// MaxBytes is the limit of one request for one partition.
	MaxBytes int
	// Bytes ends the run. A consumer at the end of a partition starts at its beginning again.
	Bytes int64
}

// FetchResult is the result of a fetch load.
type FetchResult struct {
	Bytes   int64
	Elapsed time.Duration
}

const fetchVersion = 11

// Fetch runs the load to its end.
func Fetch(o FetchOptions) (FetchResult, error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	var res FetchResult
	start := time.Now()
	for i := range o.Conns {
		wg.Add(1)
		go func() {
			defer wg.Done()
			n, err := fetchLoop(o, i*max(o.Stride, 1)%o.Partitions, o.Bytes/int64(o.Conns))
			mu.Lock()
			defer mu.Unlock()
			res.Bytes += n
			if err != nil {
				errs = append(errs, err)
			}
		}()
	}
	wg.Wait()
	res.Elapsed = time.Since(start)
	return res, errors.Join(errs...)
}

func fetchLoop(o FetchOptions, partition int, want int64) (int64, error) {
	c, err := Dial(o.Addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var got, offset int64
	empty := 0
	for got < want {
		req := protocol.New[protocol.FetchRequest]()
		req.MaxWaitMs, req.MinBytes, req.MaxBytes = 100, 1, int32(o.MaxBytes)
		p := *protocol.New[protocol.FetchRequestPartition]()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = int32(partition), offset, int32(o.MaxBytes)
		req.Topics = []protocol.FetchRequestTopic{{Topic: o.Topic, Partitions: []protocol.FetchRequestPartition{p}}}
		var resp protocol.FetchResponse
		if err := c.Call(req, fetchVersion, &resp); err != nil {
			return got, err
		}
		if len(resp.Responses) == 0 {
			continue
		}
		data := resp.Responses[0].Partitions[0]
		if protocol.Error(data.ErrorCode) == protocol.ErrOffsetOutOfRange && offset == 0 {
			// Retention has deleted the start of the log.
			if offset, err = logStart(c, o.Topic, partition); err != nil {
				return got, err
			}
			continue
		}
		if data.ErrorCode != 0 {
			return got, fmt.Errorf("fetch: %w", protocol.Error(data.ErrorCode))
		}
		b := data.Records.Bytes
		next, n := walk(b, offset)
		got += int64(n)
		offset = next
		if n == 0 {
			// At the end of this partition, continue with the start of the next.
			partition, offset = (partition+1)%o.Partitions, 0
			if empty++; empty > o.Partitions {
				return got, errors.New("nothing to read")
			}
			continue
		}
		empty = 0
	}
	return got, nil
}

// walk skips whole batches and returns the offset after the last one and their size in bytes.
func walk(b []byte, offset int64) (int64, int) {
	at := 0
	for at+61 <= len(b) {
		size := 12 + int(binary.BigEndian.Uint32(b[at+8:]))
		if at+size > len(b) {
			break
		}
		offset = int64(binary.BigEndian.Uint64(b[at:])) + int64(binary.BigEndian.Uint32(b[at+23:])) + 1
		at += size
	}
	return offset, at
}

// logStart asks for the earliest offset of a partition.
func logStart(c *Conn, topic string, partition int) (int64, error) {
	p := *protocol.New[protocol.ListOffsetsRequestPartition]()
	p.PartitionIndex, p.Timestamp, p.CurrentLeaderEpoch = int32(partition), -2, -1
	req := protocol.New[protocol.ListOffsetsRequest]()
	req.ReplicaID = -1
	req.Topics = []protocol.ListOffsetsRequestTopic{{Name: topic, Partitions: []protocol.ListOffsetsRequestPartition{p}}}
	var resp protocol.ListOffsetsResponse
	if err := c.Call(req, 5, &resp); err != nil {
		return 0, err
	}
	got := resp.Topics[0].Partitions[0]
	if got.ErrorCode != 0 {
		return 0, fmt.Errorf("list offsets: %w", protocol.Error(got.ErrorCode))
	}
	return got.Offset, nil
}
