package protocol

// UpdateFeaturesRequest is the Kafka message UpdateFeaturesRequest.
type UpdateFeaturesRequest struct {
	_              struct{}                                `kafka:"key=57,versions=0-2,flexible=0+,request,clusteraction"`
	TimeoutMs      int32                                   `kafka:"0+,default=60000"`
	FeatureUpdates []UpdateFeaturesRequestFeatureUpdateKey `kafka:"0+"`
	ValidateOnly   bool                                    `kafka:"1+"`
}

// UpdateFeaturesRequestFeatureUpdateKey is part of UpdateFeaturesRequest.
type UpdateFeaturesRequestFeatureUpdateKey struct {
	Feature         string `kafka:"0+"`
	MaxVersionLevel int16  `kafka:"0+"`
	AllowDowngrade  bool   `kafka:"0"`
	UpgradeType     int8   `kafka:"1+,default=1"`
}

// UpdateFeaturesResponse is the Kafka message UpdateFeaturesResponse.
type UpdateFeaturesResponse struct {
	_              struct{}                                       `kafka:"key=57,versions=0-2,flexible=0+,response,clusteraction"`
	ThrottleTimeMs int32                                          `kafka:"0+"`
	ErrorCode      int16                                          `kafka:"0+"`
	ErrorMessage   *string                                        `kafka:"0+,nullable=0+,default=\"\""`
	Results        []UpdateFeaturesResponseUpdatableFeatureResult `kafka:"0-1"`
}

// UpdateFeaturesResponseUpdatableFeatureResult is part of UpdateFeaturesResponse.
type UpdateFeaturesResponseUpdatableFeatureResult struct {
	Feature      string  `kafka:"0-1"`
	ErrorCode    int16   `kafka:"0-1"`
	ErrorMessage *string `kafka:"0-1,nullable=0-1,default=\"\""`
}
