package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// PushTelemetryRequest is the Kafka message PushTelemetryRequest.
type PushTelemetryRequest struct {
	_                struct{}  `kafka:"key=72,versions=0,flexible=0+,request"`
	ClientInstanceID wire.UUID `kafka:"0+"`
	SubscriptionID   int32     `kafka:"0+"`
	Terminating      bool      `kafka:"0+"`
	CompressionType  int8      `kafka:"0+"`
	Metrics          []byte    `kafka:"0+"`
}

// PushTelemetryResponse is the Kafka message PushTelemetryResponse.
type PushTelemetryResponse struct {
	_              struct{} `kafka:"key=72,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
}
