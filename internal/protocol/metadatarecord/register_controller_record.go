package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RegisterControllerRecord is the Kafka message RegisterControllerRecord.
type RegisterControllerRecord struct {
	_                struct{}                                     `kafka:"key=27,versions=0,flexible=0+,data"`
	ControllerID     int32                                        `kafka:"0+"`
	IncarnationID    wire.UUID                                    `kafka:"0+"`
	ZkMigrationReady bool                                         `kafka:"0+"`
	EndPoints        []RegisterControllerRecordControllerEndpoint `kafka:"0+"`
	Features         []RegisterControllerRecordControllerFeature  `kafka:"0+"`
}

// RegisterControllerRecordControllerEndpoint is part of RegisterControllerRecord.
type RegisterControllerRecordControllerEndpoint struct {
	Name             string `kafka:"0+"`
	Host             string `kafka:"0+"`
	Port             uint16 `kafka:"0+"`
	SecurityProtocol int16  `kafka:"0+"`
}

// RegisterControllerRecordControllerFeature is part of RegisterControllerRecord.
type RegisterControllerRecordControllerFeature struct {
	Name                string `kafka:"0+"`
	MinSupportedVersion int16  `kafka:"0+"`
	MaxSupportedVersion int16  `kafka:"0+"`
}
