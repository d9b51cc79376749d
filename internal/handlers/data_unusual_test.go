package handlers

import (
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/record"
)

// unusual asks what no client of Kafka asks: values of enumerations that do not exist, negative
// epochs, the topic id of nothing, and bytes behind a batch.
func (p *dataProbe) unusual() {
	for _, level := range []int8{2, -1} {
		for _, v := range []int16{4, 6, 7, 12, 13, 17} {
			fetch := p.fetchRequest("t", 0, 20)
			fetch.IsolationLevel = level
			if v < 13 {
				fetch.Topics = append(fetch.Topics, p.fetchTopic("nope", 3, 0))
			}
			p.ask(fmt.Sprintf("fetch at isolation level %d", level), fetch, v)
		}
		for _, v := range []int16{1, 2, 5, 7} {
			list := listRequest("t", 0, -1)
			list.IsolationLevel = level
			list.Topics = append(list.Topics, listRequest("nope", 3, -1).Topics...)
			p.ask(fmt.Sprintf("offset at isolation level %d", level), list, v)
		}
	}
	for _, v := range []int16{3, 4, 7} {
		list := listRequest("t", 0, -1)
		list.Topics[0].Partitions[0].CurrentLeaderEpoch = -2
		p.ask("offset in epoch -2", list, v)
	}
	end := kmsg.NewPtrOffsetForLeaderEpochRequest()
	end.ReplicaID = -1
	et := kmsg.NewOffsetForLeaderEpochRequestTopic()
	et.Topic = "t"
	ep := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	ep.CurrentLeaderEpoch = -2
	et.Partitions = append(et.Partitions, ep)
	end.Topics = append(end.Topics, et)
	p.ask("end of epoch 0 in epoch -2", end, 4)
	fetch := p.fetchRequest("t", 0, 20)
	fetch.Topics[0].Partitions[0].CurrentLeaderEpoch = -2
	p.ask("fetch in epoch -2", fetch, 12)
	for _, v := range []int16{13, 17} {
		zero := p.fetchRequest("t", 0, 20)
		zero.Topics[0].TopicID = [16]byte{}
		p.ask("fetch of topic id 0", zero, v)
	}
	fine := probeBatch(p.t, record.BuilderOptions{}, probeMs, "x")
	zero := p.produceRequest("t", 0, -1, fine)
	zero.Topics[0].TopicID = [16]byte{}
	p.ask("produce topic id 0", zero, 13)
	p.bytesBehindTheBatch(fine)
}

func (p *dataProbe) bytesBehindTheBatch(fine record.Batch) {
	changed := func(length uint32, magic byte) []byte {
		b := append([]byte(nil), fine...)
		binary.BigEndian.PutUint32(b[8:], length)
		b[16] = magic
		return b
	}
	size := uint32(len(fine) - record.LogOverhead)
	for _, c := range []struct {
		title string
		rest  []byte
	}{
		{"11 zeros", make([]byte, 11)}, {"12 zeros", make([]byte, 12)}, {"zeros and a batch", append(make([]byte, 12), fine...)},
		{"a batch", fine}, {"a cut batch", fine[:len(fine)-1]}, {"magic 3", changed(size, 3)}, {"magic 1", changed(size, 1)},
		{"a cut message", changed(size+1, 1)}, {"length 13", changed(13, 2)}, {"length 14", changed(14, 2)}, {"length 48", changed(48, 2)},
		{"a cut batch of length 48", changed(48, 2)[:59]}, {"length -1", changed(0xffffffff, 2)},
	} {
		resp := p.w.do(p.produceRequest("t", 0, -1, append(append([]byte(nil), fine...), c.rest...)), 9)
		silence(resp)
		fmt.Fprintf(p.out, "produce with %s behind the batch: %s\n", c.title, canonical(p.t, resp, p.names))
	}
}
