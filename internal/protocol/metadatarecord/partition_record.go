package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// PartitionRecord is the Kafka message PartitionRecord.
type PartitionRecord struct {
	_                      struct{}    `kafka:"key=3,versions=0-2,flexible=0+,data"`
	PartitionID            int32       `kafka:"0+,default=-1"`
	TopicID                wire.UUID   `kafka:"0+"`
	Replicas               []int32     `kafka:"0+"`
	ISR                    []int32     `kafka:"0+"`
	RemovingReplicas       []int32     `kafka:"0+"`
	AddingReplicas         []int32     `kafka:"0+"`
	Leader                 int32       `kafka:"0+,default=-1"`
	LeaderEpoch            int32       `kafka:"0+,default=-1"`
	PartitionEpoch         int32       `kafka:"0+,default=-1"`
	Directories            []wire.UUID `kafka:"1+"`
	LeaderRecoveryState    int8        `kafka:"0+,tag=0"`
	EligibleLeaderReplicas []int32     `kafka:"2+,nullable=2+,tag=1,default=null"`
	LastKnownELR           []int32     `kafka:"2+,nullable=2+,tag=2,default=null"`
}
