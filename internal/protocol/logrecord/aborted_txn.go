package logrecord

// AbortedTxn is the Kafka message AbortedTxn.
type AbortedTxn struct {
	_                struct{} `kafka:"versions=0,flexible=none,data"`
	ProducerID       int64    `kafka:"0+"`
	FirstOffset      int64    `kafka:"0+"`
	LastOffset       int64    `kafka:"0+"`
	LastStableOffset int64    `kafka:"0+"`
}
