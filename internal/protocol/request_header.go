package protocol

// RequestHeader is the Kafka message RequestHeader.
type RequestHeader struct {
	_                 struct{} `kafka:"versions=1-2,flexible=2+,header"`
	RequestAPIKey     int16    `kafka:"1+"`
	RequestAPIVersion int16    `kafka:"1+"`
	CorrelationID     int32    `kafka:"1+"`
	ClientID          *string  `kafka:"1+,nullable=1+,default=\"\""`
}
