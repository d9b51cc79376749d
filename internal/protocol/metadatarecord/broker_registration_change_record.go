package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// BrokerRegistrationChangeRecord is the Kafka message BrokerRegistrationChangeRecord.
type BrokerRegistrationChangeRecord struct {
	_                    struct{}    `kafka:"key=17,versions=0-3,flexible=0+,data"`
	BrokerID             int32       `kafka:"0+"`
	BrokerEpoch          int64       `kafka:"0+"`
	Fenced               int8        `kafka:"0+,tag=0"`
	InControlledShutdown int8        `kafka:"1+,tag=1"`
	LogDirs              []wire.UUID `kafka:"2+,tag=2"`
	CordonedLogDirs      []wire.UUID `kafka:"3+,nullable=3+,tag=3,default=null"`
}
