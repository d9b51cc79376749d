package handlers

// ConsumerGroupHeartbeat (key 68), versions 0-1 (KIP-848).
//
// Deviation: the new consumer protocol is not served by this version. The answer is
// UNSUPPORTED_VERSION, as Apache Kafka's where group.coordinator.rebalance.protocols has no
// "consumer". Clients report it at once. librdkafka waits without a message when a broker does not
// list the API at all.

import "github.com/gregorhq/gregor/internal/protocol"

var _ = declare(func(Engines) API { return ConsumerGroupHeartbeat() })

// ConsumerGroupHeartbeat makes the API.
func ConsumerGroupHeartbeat() API {
	return NewAPI(0, 1, func(c *Ctx, _ *protocol.ConsumerGroupHeartbeatRequest) {
		c.unserved("the consumer group protocol of KIP-848 (group.protocol=consumer)")
		resp := protocol.New[protocol.ConsumerGroupHeartbeatResponse]()
		text := protocol.ErrUnsupportedVersion.Message()
		resp.ErrorCode, resp.ErrorMessage = protocol.ErrUnsupportedVersion.Code(), &text
		c.Respond(resp)
	})
}
