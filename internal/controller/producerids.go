package controller

import (
	"math"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// AllocateProducerIDs gives a broker a block of producer ids.
var AllocateProducerIDs = declare(API[*protocol.AllocateProducerIDsRequest, *protocol.AllocateProducerIDsResponse]{
	decide: (*Core).allocateProducerIDs,
	fail: func(_ *protocol.AllocateProducerIDsRequest, err protocol.Error) *protocol.AllocateProducerIDsResponse {
		resp := protocol.New[protocol.AllocateProducerIDsResponse]()
		resp.ErrorCode = err.Code()
		return resp
	},
})

// producerIDBlock is the number of producer ids in a block
// (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE).
const producerIDBlock = 1000

// allocateProducerIDs answers AllocateProducerIds, version 0 (KIP-730). Every block is allocated
// once.
func (c *Core) allocateProducerIDs(e Env, _ Request, r *protocol.AllocateProducerIDsRequest) ([]Record, *protocol.AllocateProducerIDsResponse) {
	resp := protocol.New[protocol.AllocateProducerIDsResponse]()
	_, err := registered(e.Image, r.BrokerID, r.BrokerEpoch)
	first := e.Image.NextProducerID()
	switch {
	case err != protocol.ErrNone:
		resp.ErrorCode = err.Code()
	case first > math.MaxInt64-producerIDBlock:
		resp.ErrorCode = protocol.ErrUnknownServerError.Code()
	default:
		resp.ProducerIDStart, resp.ProducerIDLen = first, producerIDBlock
		return []Record{&mr.ProducerIDsRecord{BrokerID: r.BrokerID, BrokerEpoch: r.BrokerEpoch, NextProducerID: first + producerIDBlock}}, resp
	}
	return nil, resp
}
