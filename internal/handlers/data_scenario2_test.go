package handlers

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/record"
)

func listRequest(topic string, partition int32, timestamp int64) *kmsg.ListOffsetsRequest {
	r := kmsg.NewPtrListOffsetsRequest()
	r.ReplicaID, r.TimeoutMillis = -1, 5000
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic = topic
	rp := kmsg.NewListOffsetsRequestTopicPartition()
	rp.Partition, rp.Timestamp, rp.CurrentLeaderEpoch = partition, timestamp, -1
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	return r
}

func (p *dataProbe) offsets() {
	for v := int16(1); v <= min(11, kmsg.NewPtrListOffsetsRequest().MaxVersion()); v++ {
		for _, ts := range []int64{-1, -2, -3, -4, -5, -6, -7, 0, probeMs + 5000, probeMs + 5001, probeMs + 1<<40} {
			p.ask(fmt.Sprintf("offset at %d", ts), listRequest("t", 0, ts), v)
		}
		p.ask("offset unknown topic", listRequest("nope", 0, -1), v)
		p.ask("offset unknown partition", listRequest("t", 9, -1), v)
		p.ask("offset empty latest", listRequest("sessions", 0, -1), v)
		p.ask("offset empty max timestamp", listRequest("sessions", 0, -3), v)
	}
	for _, epoch := range []int32{0, 1} {
		r := listRequest("t", 0, -1)
		r.Topics[0].Partitions[0].CurrentLeaderEpoch = epoch
		p.ask(fmt.Sprintf("offset in epoch %d", epoch), r, 5)
	}
	twice := listRequest("t", 0, -1)
	twice.Topics[0].Partitions = append(twice.Topics[0].Partitions, twice.Topics[0].Partitions[0])
	p.ask("offset asked twice", twice, 5)
	committed := listRequest("t", 0, -1)
	committed.IsolationLevel = 1
	p.ask("offset committed", committed, 5)
	debug := listRequest("t", 0, -1)
	debug.ReplicaID = -2
	p.ask("offset for a debugger", debug, 5)
}

func (p *dataProbe) epochs() {
	for v := int16(2); v <= 4; v++ {
		for _, c := range []struct {
			topic       string
			part        int32
			current, of int32
		}{{"t", 0, -1, 0}, {"t", 0, -1, 5}, {"t", 0, 0, 0}, {"t", 0, 1, 0}, {"t", 3, -1, 0}, {"nope", 0, -1, 0}, {"sessions", 0, -1, 0}, {"t", 0, -1, -1}} {
			r := kmsg.NewPtrOffsetForLeaderEpochRequest()
			r.ReplicaID = -1
			rt := kmsg.NewOffsetForLeaderEpochRequestTopic()
			rt.Topic = c.topic
			rp := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
			rp.Partition, rp.CurrentLeaderEpoch, rp.LeaderEpoch = c.part, c.current, c.of
			rt.Partitions = append(rt.Partitions, rp)
			r.Topics = append(r.Topics, rt)
			p.ask(fmt.Sprintf("end of epoch %d of %s-%d in %d", c.of, c.topic, c.part, c.current), r, v)
		}
	}
}

func (p *dataProbe) producers() {
	for _, topic := range []string{"many", "t", "nope"} {
		r := kmsg.NewPtrDescribeProducersRequest()
		rt := kmsg.NewDescribeProducersRequestTopic()
		rt.Topic, rt.Partitions = topic, []int32{0, 4}
		r.Topics = append(r.Topics, rt)
		resp := p.w.do(r, 0).(*kmsg.DescribeProducersResponse)
		for i := range resp.Topics {
			for j := range resp.Topics[i].Partitions {
				resp.Topics[i].Partitions[j].ErrorMessage = nil
			}
		}
		fmt.Fprintf(p.out, "producers of %s: %s\n", topic, canonical(p.t, resp, p.names))
	}
	for v := int16(0); v <= 5; v++ {
		r := kmsg.NewPtrInitProducerIDRequest()
		r.TransactionalID, r.TransactionTimeoutMillis, r.ProducerID, r.ProducerEpoch = nil, 1000, -1, -1
		resp := p.w.do(r, v).(*kmsg.InitProducerIDResponse)
		for resp.ErrorCode == 14 {
			// Kafka fetches its first block of ids meanwhile.
			resp = p.w.do(r, v).(*kmsg.InitProducerIDResponse)
		}
		resp.ProducerID = min(resp.ProducerID, 0)
		fmt.Fprintf(p.out, "init producer id v%d: %s\n", v, canonical(p.t, resp, p.names))
		empty := ""
		r.TransactionalID = &empty
		p.ask("init producer id of nobody", r, v)
		if v >= 3 {
			r.TransactionalID, r.ProducerID = nil, 5
			p.ask("init producer id without epoch", r, v)
		}
	}
}

func (p *dataProbe) deletions() {
	for i := range 5 {
		p.w.do(p.produceRequest("sessions", 0, 1, probeBatch(p.t, record.BuilderOptions{}, probeMs, fmt.Sprint(i), "x")), 9)
	}
	for v := int16(0); v <= 2; v++ {
		for _, c := range []struct {
			topic  string
			part   int32
			offset int64
		}{{"sessions", 0, 1 + int64(v)}, {"sessions", 0, 0}, {"sessions", 0, 99}, {"sessions", 0, -2}, {"sessions", 4, 0}, {"nope", 0, 0}, {"compact", 0, 0}, {"__consumer_offsets", 0, 0}} {
			p.ask(fmt.Sprintf("delete %s-%d up to %d", c.topic, c.part, c.offset), deleteRequest(c.topic, c.part, c.offset), v)
		}
	}
	p.ask("fetch below the start", p.fetchRequest("sessions", 0, 1), 12)
	p.ask("fetch inside a batch", p.fetchRequest("sessions", 0, 3), 12)
	p.ask("earliest after deletion", listRequest("sessions", 0, -2), 5)
	p.ask("delete all", deleteRequest("sessions", 0, -1), 2)
	p.ask("earliest after deletion of all", listRequest("sessions", 0, -2), 5)
	p.ask("fetch after deletion of all", p.fetchRequest("sessions", 0, 10), 12)
}

func deleteRequest(topic string, partition int32, offset int64) *kmsg.DeleteRecordsRequest {
	r := kmsg.NewPtrDeleteRecordsRequest()
	r.TimeoutMillis = 5000
	rt := kmsg.NewDeleteRecordsRequestTopic()
	rt.Topic = topic
	rp := kmsg.NewDeleteRecordsRequestTopicPartition()
	rp.Partition, rp.Offset = partition, offset
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	return r
}
