package fetcher_test

import (
	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/protocol"
)

// partData is one partition of an answer.
func partData(index int32, hw, start int64, records []byte) protocol.FetchResponsePartitionData {
	x := *protocol.New[protocol.FetchResponsePartitionData]()
	x.PartitionIndex, x.HighWatermark, x.LogStartOffset, x.Records.Bytes = index, hw, start, records
	return x
}

// fullAnswer answers all partitions of a request without data, and begins a session.
func fullAnswer(x *fetcher.Fetch, session int32) *protocol.FetchResponse {
	resp := protocol.New[protocol.FetchResponse]()
	resp.SessionID = session
	for _, t := range x.Request.Topics {
		out := protocol.FetchResponseFetchableTopicResponse{TopicID: t.TopicID}
		for _, p := range t.Partitions {
			out.Partitions = append(out.Partitions, partData(p.Partition, 0, 0, nil))
		}
		resp.Responses = append(resp.Responses, out)
	}
	return resp
}

// oneAnswer answers one partition of a session.
func oneAnswer(session int32, k fetcher.Key, hw, start int64, records []byte) *protocol.FetchResponse {
	resp := protocol.New[protocol.FetchResponse]()
	resp.SessionID = session
	resp.Responses = []protocol.FetchResponseFetchableTopicResponse{{TopicID: k.Topic, Partitions: []protocol.FetchResponsePartitionData{partData(k.Index, hw, start, records)}}}
	return resp
}

// errorAnswer is an error for one partition.
func errorAnswer(session int32, k fetcher.Key, code protocol.Error) *protocol.FetchResponse {
	resp := oneAnswer(session, k, -1, -1, nil)
	resp.Responses[0].Partitions[0].ErrorCode = code.Code()
	return resp
}
