package client

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// worded are the errors with an unspecific code: only the broker's text describes the problem of
// the record.
var worded = []protocol.Error{protocol.ErrInvalidRecord, protocol.ErrInvalidTimestamp, protocol.ErrPolicyViolation}

// askTime bounds how long Refused waits for the broker's text.
const askTime = 5 * time.Second

// Refused words the error of a record that a broker refused. The library drops the text of the
// broker's answer, so the record is sent once more, alone, where the text matters. nil means that
// the broker took it this time.
func Refused(ctx context.Context, cl *Client, rec *kgo.Record, err error) error {
	var code *kerr.Error
	if !errors.As(err, &code) {
		return err
	}
	if slices.Contains(worded, protocol.Error(code.Code)) {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		if answer, ok := produceAlone(ctx, cl, rec); ok {
			return answer
		}
	}
	return Err(code.Code, nil)
}

// produceAlone sends a batch of one record. ok is false when there is no answer about it.
func produceAlone(ctx context.Context, cl *Client, rec *kgo.Record) (answer error, ok bool) {
	md, err := Metadata(ctx, cl, []string{rec.Topic})
	if err != nil || len(md.Topics) != 1 {
		return nil, false
	}
	t := md.Topics[0]
	at := slices.IndexFunc(t.Partitions, func(p kmsg.MetadataResponseTopicPartition) bool { return p.Partition == rec.Partition })
	if at < 0 {
		return nil, false
	}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, int32(askTime.Milliseconds())
	rt := kmsg.NewProduceRequestTopic()
	rt.Topic, rt.TopicID = rec.Topic, t.TopicID
	rp := kmsg.NewProduceRequestTopicPartition()
	rp.Partition, rp.Records = rec.Partition, batchOf(rec)
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	r, err := cl.Broker(int(t.Partitions[at].Leader)).Request(ctx, req)
	if err != nil {
		return nil, false
	}
	topics := r.(*kmsg.ProduceResponse).Topics
	if len(topics) != 1 || len(topics[0].Partitions) != 1 {
		return nil, false
	}
	p := topics[0].Partitions[0]
	text := p.ErrorMessage
	for _, e := range p.ErrorRecords {
		if e.ErrorMessage != nil {
			text = e.ErrorMessage
		}
	}
	return Err(p.ErrorCode, text), true
}

// batchOf encodes a record as a batch without compression and producer id.
func batchOf(rec *kgo.Record) []byte {
	r := kmsg.NewRecord()
	r.Key, r.Value = rec.Key, rec.Value
	for _, h := range rec.Headers {
		r.Headers = append(r.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
	}
	r.Length = int32(len(r.AppendTo(nil)) - 1) // the length itself takes one byte while it is 0
	ms := rec.Timestamp.UnixMilli()
	b := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, FirstTimestamp: ms, MaxTimestamp: ms,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 1, Records: r.AppendTo(nil),
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}
