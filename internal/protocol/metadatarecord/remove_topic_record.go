package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemoveTopicRecord is the Kafka message RemoveTopicRecord.
type RemoveTopicRecord struct {
	_       struct{}  `kafka:"key=9,versions=0,flexible=0+,data"`
	TopicID wire.UUID `kafka:"0+"`
}
