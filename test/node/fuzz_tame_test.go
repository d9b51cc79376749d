package node_test

import (
	"encoding/binary"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// rules are the allowed results of a request.
type rules struct {
	// mute requests have no answer. mayClose requests may end the connection.
	mute, mayClose bool
	// last requests may make a broker unusable for later inputs, so a new one replaces it.
	last bool
}

// Bounds of a tamed request.
const (
	tameWaitMs     = 20
	tamePartitions = 20
)

// Types of a resource (Kafka: ConfigResource.Type).
const resourceBroker = 4

// tamed changes a request that would make the fuzzer wait for weeks or fill the memory, and
// corrects the checksums of records. It returns the bytes to send.
func tamed(req protocol.Message, version int16, body []byte) ([]byte, rules) {
	var r rules
	changed := false
	clamp := func(n *int32, most int32) {
		if *n > most {
			*n, changed = most, true
		}
	}
	switch m := req.(type) {
	case *protocol.FetchRequest:
		clamp(&m.MaxWaitMs, tameWaitMs)
	case *protocol.JoinGroupRequest:
		clamp(&m.RebalanceTimeoutMs, tameWaitMs)
	case *protocol.ProduceRequest:
		r.mute = m.Acks == 0
		r.mayClose = r.mute // there is no other way to report an error
		for _, t := range m.TopicData {
			for _, p := range t.PartitionData {
				restamp(p.Records.Bytes) // a view into body
			}
		}
	case *protocol.CreateTopicsRequest:
		for i := range m.Topics {
			clamp(&m.Topics[i].NumPartitions, tamePartitions)
		}
	case *protocol.CreatePartitionsRequest:
		for i := range m.Topics {
			clamp(&m.Topics[i].Count, tamePartitions)
		}
	case *protocol.DeleteTopicsRequest:
		r.last = true
	case *protocol.AlterConfigsRequest:
		for _, x := range m.Resources {
			r.last = r.last || x.ResourceType == resourceBroker
		}
	case *protocol.IncrementalAlterConfigsRequest:
		for _, x := range m.Resources {
			r.last = r.last || x.ResourceType == resourceBroker
		}
	}
	if changed {
		var w wire.Writer
		req.Encode(&w, version)
		return w.Buf, r
	}
	return body, r
}

// restamp sets each batch's checksum to that of its bytes, which a fuzzer cannot guess.
func restamp(in []byte) {
	for len(in) > 0 {
		b, rest, err := record.Next(in)
		if err != nil {
			return
		}
		binary.BigEndian.PutUint32(b[17:], b.ComputeCRC())
		in = rest
	}
}
