package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// TopicRecord is the Kafka message TopicRecord.
type TopicRecord struct {
	_       struct{}  `kafka:"key=2,versions=0,flexible=0+,data"`
	Name    string    `kafka:"0+"`
	TopicID wire.UUID `kafka:"0+"`
}
