package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// GetTelemetrySubscriptionsRequest is the Kafka message GetTelemetrySubscriptionsRequest.
type GetTelemetrySubscriptionsRequest struct {
	_                struct{}  `kafka:"key=71,versions=0,flexible=0+,request"`
	ClientInstanceID wire.UUID `kafka:"0+"`
}

// GetTelemetrySubscriptionsResponse is the Kafka message GetTelemetrySubscriptionsResponse.
type GetTelemetrySubscriptionsResponse struct {
	_                        struct{}  `kafka:"key=71,versions=0,flexible=0+,response"`
	ThrottleTimeMs           int32     `kafka:"0+"`
	ErrorCode                int16     `kafka:"0+"`
	ClientInstanceID         wire.UUID `kafka:"0+"`
	SubscriptionID           int32     `kafka:"0+"`
	AcceptedCompressionTypes []int8    `kafka:"0+"`
	PushIntervalMs           int32     `kafka:"0+"`
	TelemetryMaxBytes        int32     `kafka:"0+"`
	DeltaTemporality         bool      `kafka:"0+"`
	RequestedMetrics         []string  `kafka:"0+"`
}
