package protocol

// ResponseHeaderData is the Kafka message ResponseHeader.
type ResponseHeaderData struct {
	_             struct{} `kafka:"versions=0-1,flexible=1+,header,name=ResponseHeader"`
	CorrelationID int32    `kafka:"0+"`
}
