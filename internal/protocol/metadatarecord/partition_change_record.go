package metadatarecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// PartitionChangeRecord is the Kafka message PartitionChangeRecord.
type PartitionChangeRecord struct {
	_                      struct{}    `kafka:"key=5,versions=0-2,flexible=0+,data"`
	PartitionID            int32       `kafka:"0+,default=-1"`
	TopicID                wire.UUID   `kafka:"0+"`
	ISR                    []int32     `kafka:"0+,nullable=0+,tag=0,default=null"`
	Leader                 int32       `kafka:"0+,tag=1,default=-2"`
	Replicas               []int32     `kafka:"0+,nullable=0+,tag=2,default=null"`
	RemovingReplicas       []int32     `kafka:"0+,nullable=0+,tag=3,default=null"`
	AddingReplicas         []int32     `kafka:"0+,nullable=0+,tag=4,default=null"`
	LeaderRecoveryState    int8        `kafka:"0+,tag=5,default=-1"`
	EligibleLeaderReplicas []int32     `kafka:"2+,nullable=2+,tag=6,default=null"`
	LastKnownELR           []int32     `kafka:"2+,nullable=2+,tag=7,default=null"`
	Directories            []wire.UUID `kafka:"1+,nullable=1+,tag=8,default=null"`
}
