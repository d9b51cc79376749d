package handlers

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/record"
)

// TestProduceRefusesBytesAfterTheBatch: an answer without an error means that every record is
// stored. So a partition's records end with the one batch, and only an incomplete entry may follow.
// The codes and texts are those of Apache Kafka 4.4.0.
func TestProduceRefusesBytesAfterTheBatch(t *testing.T) {
	one := producedBatch(t)
	changed := func(change func(b []byte)) []byte {
		b := append([]byte(nil), one...)
		change(b)
		return b
	}
	length := func(n uint32, magic byte) []byte {
		return changed(func(b []byte) { binary.BigEndian.PutUint32(b[8:], n); b[16] = magic })
	}
	for name, c := range map[string]struct {
		rest []byte
		err  protocol.Error
		text string
	}{
		"nothing":                      {nil, protocol.ErrNone, ""},
		"fewer bytes than a length":    {make([]byte, 11), protocol.ErrNone, ""},
		"a cut batch":                  {one[:len(one)-1], protocol.ErrNone, ""},
		"a cut batch without a magic":  {one[:16], protocol.ErrNone, ""},
		"a cut message of format 1":    {length(1000, 1), protocol.ErrNone, ""},
		"a cut batch of length 48":     {length(48, 2)[:59], protocol.ErrNone, ""},
		"a second batch":               {one, protocol.ErrInvalidRecord, "exactly one record batch"},
		"a second batch of length 48":  {length(48, 2), protocol.ErrInvalidRecord, "exactly one record batch"},
		"a second batch of length 14":  {length(14, 2), protocol.ErrInvalidRecord, "exactly one record batch"},
		"a message of format 1":        {length(22, 1), protocol.ErrInvalidRecord, "magic version 2"},
		"a message of length 14":       {length(14, 1), protocol.ErrInvalidRecord, "magic version 2"},
		"a message of format 0":        {length(14, 0), protocol.ErrInvalidRecord, "magic version 2"},
		"length 13":                    {length(13, 2), protocol.ErrCorruptMessage, "Record size 13 is less than the minimum record overhead (14)"},
		"a negative length":            {length(0x80000000, 2), protocol.ErrCorruptMessage, "Record size -2147483648 is less than the minimum record overhead (14)"},
		"the largest length":           {length(0x7fffffff, 2), protocol.ErrCorruptMessage, "Record size 2147483647 is beyond what a file can hold"},
		"magic 3":                      {length(uint32(len(one)-12), 3), protocol.ErrCorruptMessage, "Invalid magic found in record: 3"},
		"magic -1":                     {length(uint32(len(one)-12), 0xff), protocol.ErrCorruptMessage, "Invalid magic found in record: -1"},
		"zeros":                        {make([]byte, 12), protocol.ErrCorruptMessage, "Record size 0 is less than the minimum record overhead (14)"},
		"zeros, then a complete batch": {append(make([]byte, 12), one...), protocol.ErrCorruptMessage, "Record size 0 is less"},
	} {
		records, err, text := checkProduced(append(append([]byte(nil), one...), c.rest...), 9)
		if err != c.err || !strings.Contains(text, c.text) || (err == protocol.ErrNone) != (len(records) == len(one)) {
			t.Errorf("%s: %s %q and %d bytes, want %s %q", name, err.Name(), text, len(records), c.err.Name(), c.text)
		}
	}
}

// TestProduceChecksTheFirstEntry compares the codes and texts for a first entry that is no batch.
func TestProduceChecksTheFirstEntry(t *testing.T) {
	one := producedBatch(t)
	for name, c := range map[string]struct {
		length uint32
		magic  byte
		err    protocol.Error
		text   string
	}{
		"magic 3":                {uint32(len(one) - 12), 3, protocol.ErrCorruptMessage, "Invalid magic found in record: 3"},
		"magic 1":                {uint32(len(one) - 12), 1, protocol.ErrInvalidRecord, "magic version 2"},
		"magic 1 and length 14":  {14, 1, protocol.ErrInvalidRecord, "magic version 2"},
		"length 48":              {48, 2, protocol.ErrCorruptMessage, "Record batch is corrupted (the size 60 is smaller than the minimum allowed overhead 61)"},
		"length 13":              {13, 2, protocol.ErrCorruptMessage, "Record size 13 is less than the minimum record overhead (14)"},
		"more bytes than it has": {uint32(len(one)), 2, protocol.ErrInvalidRecord, "at least one record batch"},
		"a cut message":          {uint32(len(one)), 1, protocol.ErrInvalidRecord, "at least one record batch"},
	} {
		b := append([]byte(nil), one...)
		binary.BigEndian.PutUint32(b[8:], c.length)
		b[16] = c.magic
		if _, err, text := checkProduced(b, 9); err != c.err || !strings.Contains(text, c.text) {
			t.Errorf("%s: %s %q, want %s %q", name, err.Name(), text, c.err.Name(), c.text)
		}
	}
}

func producedBatch(t *testing.T) []byte {
	t.Helper()
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: record.NoPartitionLeaderEpoch})
	if err := b.Append(0, 1, []byte("k"), []byte("v"), nil); err != nil {
		t.Fatal(err)
	}
	batch, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

// A transactional batch without a transactional id refuses the whole request, as in Apache Kafka:
// a plain batch beside it is not stored.
func TestTransactionalBatchWithoutTransactionalID(t *testing.T) {
	plain := producedBatch(t)
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: record.NoPartitionLeaderEpoch, Transactional: true, Producer: &record.Producer{ID: 1}})
	if err := b.Append(0, 1, nil, []byte("v"), nil); err != nil {
		t.Fatal(err)
	}
	transactional, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	id := "x"
	for name, c := range map[string]struct {
		id      *string
		batches [][]byte
		want    []protocol.Error
	}{
		"without an id": {nil, [][]byte{plain, transactional}, []protocol.Error{protocol.ErrTransactionalIDAuthorizationFailed, protocol.ErrTransactionalIDAuthorizationFailed}},
		"with an id":    {&id, [][]byte{plain, transactional}, []protocol.Error{protocol.ErrNone, protocol.ErrInvalidTxnState}},
		"plain":         {nil, [][]byte{plain, plain}, []protocol.Error{protocol.ErrNone, protocol.ErrNone}},
	} {
		w := &appended{}
		req := kmsg.NewPtrProduceRequest()
		req.TransactionID, req.Acks = c.id, 1
		topic := kmsg.NewProduceRequestTopic()
		topic.Topic = "t"
		for i, records := range c.batches {
			p := kmsg.NewProduceRequestTopicPartition()
			p.Partition, p.Records = int32(i), records
			topic.Partitions = append(topic.Partitions, p)
		}
		req.Topics = append(req.Topics, topic)
		got := answerOf[*kmsg.ProduceResponse](t, callAs(NewRegistry(Produce(w)), "c", req, 9), req).Topics[0].Partitions
		for i, want := range c.want {
			if got[i].ErrorCode != want.Code() || got[i].ErrorMessage != nil && want != protocol.ErrInvalidTxnState {
				t.Errorf("%s, partition %d: %d %v, want %d", name, i, got[i].ErrorCode, got[i].ErrorMessage, want.Code())
			}
		}
	}
}

// appended is an Appender that stores nothing.
type appended struct{}

func (*appended) Append(r *replication.AppendRequest) { r.Done(r) }
func (*appended) Image() *metadata.Image              { return metadata.Empty() }
