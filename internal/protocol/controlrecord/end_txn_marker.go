package controlrecord

// EndTxnMarker is the Kafka message EndTxnMarker.
type EndTxnMarker struct {
	_                struct{} `kafka:"versions=0,flexible=none,data"`
	CoordinatorEpoch int32    `kafka:"0+"`
}
