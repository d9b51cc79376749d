package handlers

// Produce (key 0), versions 3-13; 0-2 are advertised but not served, as Kafka does for librdkafka's
// sake (KAFKA-18659).
//
// v3: transactional id. v5: log start offset. v7: zstd. v8: errors per record (KIP-467). v9:
// flexible. v10: the current leader with NOT_LEADER_OR_FOLLOWER (KIP-951). v11, v12: error codes
// and implicit partitions of transactions (KIP-890).
// v13: topics by id (KIP-516). acks other than -1, 0 and 1 is INVALID_REQUIRED_ACKS for every
// partition. acks=0 has no answer; on an error the connection is closed. acks=all answers when the
// records are replicated and, unless the topic has write.caching, on disk. Each partition carries
// exactly one batch of format 2.
//
// Deviations:
//   - gregor gives an error message for every refused batch. Kafka gives one with errors of records
//     only.
//   - gregor refuses records whose offsets do not count up from 0 with INVALID_RECORD. Kafka stores
//     them uncompressed, and consumers then skip all but the first; compressed, it answers
//     UNKNOWN_SERVER_ERROR.
//   - gregor names at most 1000 bad records of a batch.
//   - A batch that claims LogAppendTime, sent to a topic with CreateTime, keeps the records' own
//     timestamps. Kafka takes the time in the header for all of them.
//   - gregor drops a delete horizon in the header. Kafka stores it.
//   - Where a batch must be compressed again, gregor refuses a timestamp below -1 with
//     INVALID_TIMESTAMP and a producer id without an epoch with INVALID_RECORD. Kafka answers
//     UNKNOWN_SERVER_ERROR.
//   - gregor refuses a compression type that does not exist with UNSUPPORTED_COMPRESSION_TYPE.
//     Kafka answers UNKNOWN_SERVER_ERROR.
//   - gregor stores and answers each entry of a partition that the request names several times.
//     Kafka stores and answers the last one only.
//   - A batch with an impossible length or magic is refused alone. Kafka then refuses every
//     partition of the request with CORRUPT_MESSAGE.
//   - gregor answers a topic without partitions. Kafka leaves it out.
//   - gregor checks acks and the records before it looks for the partition. Kafka answers
//     UNKNOWN_TOPIC_OR_PARTITION first.
//   - With message.timestamp.after.max.ms=9223372036854775807, Kafka accepts the timestamp -2^63,
//     because a sum overflows. gregor refuses it with INVALID_TIMESTAMP.
//   - In a request with a transactional id, gregor refuses transactional batches with
//     INVALID_TXN_STATE, Kafka's answer for a partition that was not added to a transaction: there
//     is no transaction coordinator yet. Kafka answers INVALID_PRODUCER_ID_MAPPING when the id is
//     unknown.

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// Appender appends to partitions.
type Appender interface {
	// Append takes the records of all parts; r.Done is called once, on any goroutine.
	Append(r *replication.AppendRequest)
	Image() *metadata.Image
}

// adminClientID is the client id of Kafka's own admin tools, which may write to internal topics.
const adminClientID = "__admin_client"

var _ = declare(func(e Engines) API { return Produce(e.Replicas) })

// Produce makes the API.
func Produce(log Appender) API {
	calls := &sync.Pool{New: func() any { return new(produceCall) }}
	a := NewPooledAPI(3, 13, func(c *Ctx, req *protocol.ProduceRequest) {
		call := calls.Get().(*produceCall)
		call.c, call.req, call.log, call.pool = c, req, log, calls
		call.begin()
	})
	a.AdvertisedMin = 0
	return a
}

// produceCall is one Produce. It is used again after the answer.
type produceCall struct {
	c    *Ctx
	req  *protocol.ProduceRequest
	log  Appender
	pool *sync.Pool
	resp protocol.ProduceResponse
}

func (p *produceCall) begin() {
	r := replication.NewAppendRequest()
	r.Acks, r.TimeoutMs, r.Origin, r.NowMs = p.req.Acks, p.req.TimeoutMs, storage.OriginClient, p.c.Now.UnixMilli()
	r.Owner, r.Done = p, produceDone
	unauthorized := p.req.TransactionalID == nil && p.transactional()
	for i := range p.req.TopicData {
		t := &p.req.TopicData[i]
		refused := p.checkTopic(t)
		if unauthorized {
			refused = protocol.ErrTransactionalIDAuthorizationFailed
		}
		for j := range t.PartitionData {
			d := &t.PartitionData[j]
			a := r.Add()
			a.Topic, a.TopicID, a.Partition = t.Name, t.TopicID, d.Index
			if a.Err = refused; refused == protocol.ErrNone {
				a.Records, a.Err, a.Message = checkProduced(d.Records.Bytes, p.c.Version())
				a.OldFormat = a.Err == protocol.ErrInvalidRecord && oldFormat(d.Records.Bytes)
			}
		}
	}
	p.log.Append(r)
}

// transactional reports whether a batch of the request is transactional. A request without a
// transactional id is then refused as a whole.
func (p *produceCall) transactional() bool {
	for i := range p.req.TopicData {
		for j := range p.req.TopicData[i].PartitionData {
			b := p.req.TopicData[i].PartitionData[j].Records.Bytes
			size, magic, err := record.Peek(b)
			if err == nil && magic == batchMagic && size <= len(b) && record.Batch(b[:size:size]).IsTransactional() {
				return true
			}
		}
	}
	return false
}

// checkTopic checks what concerns all partitions of a topic.
func (p *produceCall) checkTopic(t *protocol.ProduceRequestTopicProduceData) protocol.Error {
	if p.req.Acks < -1 || p.req.Acks > 1 {
		return protocol.ErrInvalidRequiredAcks
	}
	name := t.Name
	if p.c.Version() >= 13 {
		if t.TopicID.IsZero() {
			return protocol.ErrUnknownTopicID
		}
		if known := p.log.Image().Topics().ByID(t.TopicID); known != nil {
			name = known.Name
		}
	}
	if topicname.IsInternal(name) && p.c.ClientID() != adminClientID && p.log.Image().Topics().ByName(name) != nil {
		return protocol.ErrInvalidTopicException
	}
	return protocol.ErrNone
}

// checkProduced cuts the one batch out of a partition's records (Kafka's
// ProduceRequest.validateRecords).
func checkProduced(b []byte, version int16) (records []byte, err protocol.Error, text string) {
	size, magic, failure := record.Peek(b)
	switch {
	case incomplete(b, size, failure):
		return nil, protocol.ErrInvalidRecord, fmt.Sprintf("Produce requests with version %d must have at least one record batch per partition", version)
	case failure != nil && size == 0:
		return nil, protocol.ErrCorruptMessage, capitalized(record.Text(failure))
	case magic < batchMagic:
		return nil, protocol.ErrInvalidRecord, fmt.Sprintf("Produce requests with version %d are only allowed to contain record batches with magic version 2", version)
	case failure != nil:
		return nil, protocol.ErrCorruptMessage, capitalized(record.Text(failure))
	}
	batch := record.Batch(b[:size:size])
	if version < 7 && batch.Codec() == record.Zstd {
		return nil, protocol.ErrUnsupportedCompressionType, fmt.Sprintf("Produce requests with version %d are not allowed to use ZStandard compression", version)
	}
	if err, text := checkRest(b[size:], version); err != protocol.ErrNone {
		return nil, err, text
	}
	if batch.IsTransactional() {
		return nil, protocol.ErrInvalidTxnState, "The partition was not added to the transaction"
	}
	return batch, protocol.ErrNone, ""
}

// batchMagic is the magic of format 2. Smaller ones are those of message sets.
const batchMagic = 2

// checkRest refuses what follows the one batch. It ignores an incomplete entry only: everything
// else may be records, and an answer without an error would acknowledge them.
func checkRest(rest []byte, version int16) (protocol.Error, string) {
	size, magic, failure := record.Peek(rest)
	switch {
	case incomplete(rest, size, failure):
		return protocol.ErrNone, ""
	case failure != nil && size == 0:
		return protocol.ErrCorruptMessage, capitalized(record.Text(failure))
	case magic < batchMagic:
		return protocol.ErrInvalidRecord, fmt.Sprintf("Produce requests with version %d are only allowed to contain record batches with magic version 2", version)
	}
	return protocol.ErrInvalidRecord, fmt.Sprintf("Produce requests with version %d are only allowed to contain exactly one record batch per partition", version)
}

// incomplete reports whether b ends before its first entry, given what record.Peek returned for b.
func incomplete(b []byte, size int, failure error) bool {
	return errors.Is(failure, record.ErrShort) || size > len(b)
}

// capitalized begins an error text as Kafka's texts begin.
func capitalized(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// oldFormat reports whether records have the format of before Kafka 0.11, for the metrics.
func oldFormat(b []byte) bool {
	_, _, err := record.Next(b)
	return errors.Is(err, record.ErrLegacy)
}

func produceDone(r *replication.AppendRequest) {
	p := r.Owner.(*produceCall)
	if r.Acks == replication.AcksNone {
		p.silent(r)
	} else {
		p.answer(r)
	}
	r.Release()
	pool := p.pool
	p.c, p.req, p.log, p.pool = nil, nil, nil, nil
	pool.Put(p)
}

// silent ends a request with acks=0. It has no answer, so an error closes the connection.
func (p *produceCall) silent(r *replication.AppendRequest) {
	for i := range r.Parts {
		if a := &r.Parts[i]; a.Err != protocol.ErrNone {
			p.c.x.CountError(a.Err.Code(), 1)
			p.c.CloseConnection(fmt.Sprintf("produce with acks=0 failed for partition %d of topic %q: %s %s", a.Partition, a.Topic, a.Err.Name(), a.Message))
			return
		}
	}
	p.c.RespondNone()
}

func (p *produceCall) answer(r *replication.AppendRequest) {
	resp := &p.resp
	resp.Responses, resp.ThrottleTimeMs, resp.NodeEndpoints = resp.Responses[:0], 0, nil
	at, failed := 0, 0
	for i := range p.req.TopicData {
		t := &p.req.TopicData[i]
		resp.Responses = grow(resp.Responses)
		out := &resp.Responses[i]
		out.Name, out.TopicID, out.PartitionResponses = t.Name, t.TopicID, out.PartitionResponses[:0]
		for range t.PartitionData {
			if err := r.Parts[at].Err; err != protocol.ErrNone {
				p.c.x.CountError(err.Code(), 1)
				failed++
			}
			out.PartitionResponses = append(out.PartitionResponses, producedPartition(&r.Parts[at]))
			at++
		}
	}
	if p.c.Version() >= 10 {
		p.addLeaders(r)
	}
	p.c.x.CountError(0, at-failed)
	p.c.respondCounted(resp)
}

func producedPartition(a *replication.AppendPart) protocol.ProduceResponsePartitionProduceResponse {
	out := protocol.ProduceResponsePartitionProduceResponse{
		Index: a.Partition, ErrorCode: a.Err.Code(), BaseOffset: a.BaseOffset, LogAppendTimeMs: a.LogAppendTimeMs, LogStartOffset: a.LogStartOffset,
		CurrentLeader: protocol.ProduceResponseLeaderIDAndEpoch{LeaderID: a.LeaderID, LeaderEpoch: a.LeaderEpoch},
	}
	if a.Err != protocol.ErrNone && a.Message != "" {
		text := a.Message
		out.ErrorMessage = &text
	}
	for _, e := range a.RecordErrors {
		one := protocol.ProduceResponseBatchIndexAndErrorMessage{BatchIndex: e.BatchIndex}
		if e.Message != "" {
			text := e.Message
			one.BatchIndexErrorMessage = &text
		}
		out.RecordErrors = append(out.RecordErrors, one)
	}
	return out
}

// addLeaders adds the addresses of the leaders that the answer names (KIP-951).
func (p *produceCall) addLeaders(r *replication.AppendRequest) {
	var added nodeSet
	for i := range r.Parts {
		if host, port, rack, ok := added.endpoint(p.log.Image(), r.Parts[i].LeaderID, p.c.Listener); ok {
			p.resp.NodeEndpoints = append(p.resp.NodeEndpoints, protocol.ProduceResponseNodeEndpoint{NodeID: r.Parts[i].LeaderID, Host: host, Port: port, Rack: rack})
		}
	}
}
