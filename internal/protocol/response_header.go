package protocol

// ResponseHeader is the Kafka message ResponseHeader.
type ResponseHeader struct {
	_             struct{} `kafka:"versions=0-1,flexible=1+,header"`
	CorrelationID int32    `kafka:"0+"`
}
