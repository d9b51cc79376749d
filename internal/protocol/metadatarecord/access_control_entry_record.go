package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// AccessControlEntryRecord is the Kafka message AccessControlEntryRecord.
type AccessControlEntryRecord struct {
	_              struct{}  `kafka:"key=18,versions=0,flexible=0+,data"`
	ID             wire.UUID `kafka:"0+"`
	ResourceType   int8      `kafka:"0+"`
	ResourceName   string    `kafka:"0+"`
	PatternType    int8      `kafka:"0+"`
	Principal      string    `kafka:"0+"`
	Host           string    `kafka:"0+"`
	Operation      int8      `kafka:"0+"`
	PermissionType int8      `kafka:"0+"`
}
