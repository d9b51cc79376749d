package handlers

// InitProducerId (key 22), versions 0-5.
//
// v2: flexible. v3: producer id and epoch to bump (KIP-360). v4: PRODUCER_FENCED. v5:
// TRANSACTION_ABORTABLE. Without a transactional id the producer gets an id that was never given
// before, and epoch 0; ids come in blocks from the controller. An empty transactional id, or a
// producer id without its epoch, is INVALID_REQUEST. With a transactional id:
// COORDINATOR_NOT_AVAILABLE, Kafka's answer while there is no transaction coordinator to be found.

import "github.com/gregorhq/gregor/internal/protocol"

// ProducerIDs gives producer ids out.
type ProducerIDs interface {
	// NextProducerID calls done once, on any goroutine, possibly before it returns.
	NextProducerID(done func(id int64, err protocol.Error))
}

var _ = declare(func(e Engines) API { return InitProducerID(e.ProducerIDs) })

// InitProducerID makes the API.
func InitProducerID(ids ProducerIDs) API {
	return NewAPI(0, 5, func(c *Ctx, req *protocol.InitProducerIDRequest) {
		answer := func(id int64, err protocol.Error) {
			resp := protocol.New[protocol.InitProducerIDResponse]()
			resp.ErrorCode, resp.ProducerID, resp.ProducerEpoch = err.Code(), id, 0
			if err != protocol.ErrNone {
				resp.ProducerID, resp.ProducerEpoch = -1, -1
			}
			c.Respond(resp)
		}
		switch {
		case (req.ProducerID == -1) != (req.ProducerEpoch == -1), req.TransactionalID != nil && *req.TransactionalID == "":
			answer(-1, protocol.ErrInvalidRequest)
		case req.TransactionalID != nil:
			c.unserved("transactions")
			answer(-1, protocol.ErrCoordinatorNotAvailable)
		default:
			ids.NextProducerID(answer)
		}
	})
}
