package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemoveAccessControlEntryRecord is the Kafka message RemoveAccessControlEntryRecord.
type RemoveAccessControlEntryRecord struct {
	_  struct{}  `kafka:"key=19,versions=0,flexible=0+,data"`
	ID wire.UUID `kafka:"0+"`
}
