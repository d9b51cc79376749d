package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RegisterBrokerRecord is the Kafka message RegisterBrokerRecord.
type RegisterBrokerRecord struct {
	_                    struct{}                             `kafka:"key=0,versions=0-4,flexible=0+,data"`
	BrokerID             int32                                `kafka:"0+"`
	IsMigratingZkBroker  bool                                 `kafka:"2+"`
	IncarnationID        wire.UUID                            `kafka:"0+"`
	BrokerEpoch          int64                                `kafka:"0+"`
	EndPoints            []RegisterBrokerRecordBrokerEndpoint `kafka:"0+"`
	Features             []RegisterBrokerRecordBrokerFeature  `kafka:"0+"`
	Rack                 *string                              `kafka:"0+,nullable=0+,default=\"\""`
	Fenced               bool                                 `kafka:"0+,default=true"`
	InControlledShutdown bool                                 `kafka:"1+"`
	LogDirs              []wire.UUID                          `kafka:"3+,tag=0"`
	CordonedLogDirs      []wire.UUID                          `kafka:"4+,nullable=4+,tag=1,default=null"`
}

// RegisterBrokerRecordBrokerEndpoint is part of RegisterBrokerRecord.
type RegisterBrokerRecordBrokerEndpoint struct {
	Name             string `kafka:"0+"`
	Host             string `kafka:"0+"`
	Port             uint16 `kafka:"0+"`
	SecurityProtocol int16  `kafka:"0+"`
}

// RegisterBrokerRecordBrokerFeature is part of RegisterBrokerRecord.
type RegisterBrokerRecordBrokerFeature struct {
	Name                string `kafka:"0+"`
	MinSupportedVersion int16  `kafka:"0+"`
	MaxSupportedVersion int16  `kafka:"0+"`
}
