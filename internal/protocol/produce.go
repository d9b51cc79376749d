package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ProduceRequest is the Kafka message ProduceRequest.
type ProduceRequest struct {
	_               struct{}                         `kafka:"key=0,versions=3-13,flexible=9+,request"`
	TransactionalID *string                          `kafka:"3+,nullable=3+,default=null"`
	Acks            int16                            `kafka:"3+"`
	TimeoutMs       int32                            `kafka:"3+"`
	TopicData       []ProduceRequestTopicProduceData `kafka:"3+"`
}

// ProduceRequestTopicProduceData is part of ProduceRequest.
type ProduceRequestTopicProduceData struct {
	Name          string                               `kafka:"3-12"`
	TopicID       wire.UUID                            `kafka:"13+"`
	PartitionData []ProduceRequestPartitionProduceData `kafka:"3+"`
}

// ProduceRequestPartitionProduceData is part of ProduceRequest.
type ProduceRequestPartitionProduceData struct {
	Index   int32        `kafka:"3+"`
	Records wire.Records `kafka:"3+,nullable=3+"`
}

// ProduceResponse is the Kafka message ProduceResponse.
type ProduceResponse struct {
	_              struct{}                              `kafka:"key=0,versions=3-13,flexible=9+,response"`
	Responses      []ProduceResponseTopicProduceResponse `kafka:"3+"`
	ThrottleTimeMs int32                                 `kafka:"3+"`
	NodeEndpoints  []ProduceResponseNodeEndpoint         `kafka:"10+,tag=0"`
}

// ProduceResponseTopicProduceResponse is part of ProduceResponse.
type ProduceResponseTopicProduceResponse struct {
	Name               string                                    `kafka:"3-12"`
	TopicID            wire.UUID                                 `kafka:"13+"`
	PartitionResponses []ProduceResponsePartitionProduceResponse `kafka:"3+"`
}

// ProduceResponsePartitionProduceResponse is part of ProduceResponse.
type ProduceResponsePartitionProduceResponse struct {
	Index           int32                                      `kafka:"3+"`
	ErrorCode       int16                                      `kafka:"3+"`
	BaseOffset      int64                                      `kafka:"3+"`
	LogAppendTimeMs int64                                      `kafka:"3+,default=-1"`
	LogStartOffset  int64                                      `kafka:"5+,default=-1"`
	RecordErrors    []ProduceResponseBatchIndexAndErrorMessage `kafka:"8+"`
	ErrorMessage    *string                                    `kafka:"8+,nullable=8+,default=null"`
	CurrentLeader   ProduceResponseLeaderIDAndEpoch            `kafka:"10+,tag=0"`
}

// ProduceResponseBatchIndexAndErrorMessage is part of ProduceResponse.
type ProduceResponseBatchIndexAndErrorMessage struct {
	BatchIndex             int32   `kafka:"8+"`
	BatchIndexErrorMessage *string `kafka:"8+,nullable=8+,default=null"`
}

// ProduceResponseLeaderIDAndEpoch is part of ProduceResponse.
type ProduceResponseLeaderIDAndEpoch struct {
	LeaderID    int32 `kafka:"10+,default=-1"`
	LeaderEpoch int32 `kafka:"10+,default=-1"`
}

// ProduceResponseNodeEndpoint is part of ProduceResponse.
type ProduceResponseNodeEndpoint struct {
	NodeID int32   `kafka:"10+"`
	Host   string  `kafka:"10+"`
	Port   int32   `kafka:"10+"`
	Rack   *string `kafka:"10+,nullable=10+,default=null"`
}
