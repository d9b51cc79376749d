package protocol

// APIVersionsRequest is the Kafka message ApiVersionsRequest.
type APIVersionsRequest struct {
	_                     struct{} `kafka:"key=18,versions=0-5,flexible=3+,request,name=ApiVersionsRequest"`
	ClientSoftwareName    string   `kafka:"3+"`
	ClientSoftwareVersion string   `kafka:"3+"`
	ClusterID             *string  `kafka:"5+,nullable=5+,default=null"`
	NodeID                int32    `kafka:"5+,default=-1"`
}

// APIVersionsResponse is the Kafka message ApiVersionsResponse.
type APIVersionsResponse struct {
	_                      struct{}                                 `kafka:"key=18,versions=0-5,flexible=3+,response,name=ApiVersionsResponse"`
	ErrorCode              int16                                    `kafka:"0+"`
	APIKeys                []APIVersionsResponseAPIVersion          `kafka:"0+"`
	ThrottleTimeMs         int32                                    `kafka:"1+"`
	SupportedFeatures      []APIVersionsResponseSupportedFeatureKey `kafka:"3+,tag=0"`
	FinalizedFeaturesEpoch int64                                    `kafka:"3+,tag=1,default=-1"`
	FinalizedFeatures      []APIVersionsResponseFinalizedFeatureKey `kafka:"3+,tag=2"`
	ZkMigrationReady       bool                                     `kafka:"3+,tag=3"`
}

// APIVersionsResponseAPIVersion is part of APIVersionsResponse.
type APIVersionsResponseAPIVersion struct {
	APIKey     int16 `kafka:"0+"`
	MinVersion int16 `kafka:"0+"`
	MaxVersion int16 `kafka:"0+"`
}

// APIVersionsResponseSupportedFeatureKey is part of APIVersionsResponse.
type APIVersionsResponseSupportedFeatureKey struct {
	Name       string `kafka:"3+"`
	MinVersion int16  `kafka:"3+"`
	MaxVersion int16  `kafka:"3+"`
}

// APIVersionsResponseFinalizedFeatureKey is part of APIVersionsResponse.
type APIVersionsResponseFinalizedFeatureKey struct {
	Name            string `kafka:"3+"`
	MaxVersionLevel int16  `kafka:"3+"`
	MinVersionLevel int16  `kafka:"3+"`
}
