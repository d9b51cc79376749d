package protocol

// RequestHeaderData is the Kafka message RequestHeader.
type RequestHeaderData struct {
	_                 struct{} `kafka:"versions=1-2,flexible=2+,header,name=RequestHeader"`
	RequestAPIKey     int16    `kafka:"1+"`
	RequestAPIVersion int16    `kafka:"1+"`
	CorrelationID     int32    `kafka:"1+"`
	ClientID          *string  `kafka:"1+,nullable=1+,flexible=none,default=\"\""`
}
