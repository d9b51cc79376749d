package client

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// batch is a valid batch at an offset.
func batch(offset int64, value string) []byte {
	b := batchOf(&kgo.Record{Value: []byte(value), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}})
	binary.BigEndian.PutUint64(b, uint64(offset))
	return b
}

func TestBadBatch(t *testing.T) {
	p := position{"pets", 3}
	good := append(batch(7, "cat"), batch(8, "dog")...)
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-1] ^= 1
	short := append([]byte(nil), good...)
	binary.BigEndian.PutUint32(short[len(batch(7, "cat"))+8:], 5)
	negative := append([]byte(nil), good...)
	binary.BigEndian.PutUint32(negative[8:], 1<<31)
	for _, c := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"two good batches", good, "<nil>"},
		{"nothing", nil, "<nil>"},
		{"the second batch is cut", good[:len(good)-3], "<nil>"},
		{"a wrong length", short, "Record batch for partition pets-3 at offset 8 is invalid, cause: Record is corrupt (size 5 is smaller than the minimum of a batch)"},
		{"a negative length", negative, "Record batch for partition pets-3 at offset 7 is invalid, cause: Record is corrupt (size -2147483648 is smaller than the minimum of a batch)"},
	} {
		if got := fmt.Sprint(badBatch(p, c.bytes)); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	got := fmt.Sprint(badBatch(p, flipped))
	const begins = "Record batch for partition pets-3 at offset 8 is invalid, cause: Record is corrupt (stored crc = "
	if len(got) < len(begins) || got[:len(begins)] != begins {
		t.Errorf("a changed bit: %s", got)
	}
}

// TestBatchOf reads the batch back with the library that Kafka's clients in Go use.
func TestBatchOf(t *testing.T) {
	rp := kmsg.FetchResponseTopicPartition{Partition: 0, RecordBatches: batch(5, "cat")}
	fp, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Topic: "pets", Offset: 5}, &rp, kgo.DefaultDecompressor(), nil)
	if fp.Err != nil || len(fp.Records) != 1 || next != 6 {
		t.Fatalf("%v, %d records, next %d", fp.Err, len(fp.Records), next)
	}
	if r := fp.Records[0]; string(r.Value) != "cat" || r.Key != nil || len(r.Headers) != 1 || r.Headers[0].Key != "h" {
		t.Errorf("%+v", r)
	}
}
