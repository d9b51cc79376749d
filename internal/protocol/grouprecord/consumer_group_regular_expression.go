package grouprecord

// ConsumerGroupRegularExpressionKey is the Kafka message ConsumerGroupRegularExpressionKey.
type ConsumerGroupRegularExpressionKey struct {
	_                 struct{} `kafka:"key=16,versions=0,flexible=none,data"`
	GroupID           string   `kafka:"0+"`
	RegularExpression string   `kafka:"0+"`
}

// ConsumerGroupRegularExpressionValue is the Kafka message ConsumerGroupRegularExpressionValue.
type ConsumerGroupRegularExpressionValue struct {
	_         struct{} `kafka:"key=16,versions=0,flexible=0+,data"`
	Topics    []string `kafka:"0+"`
	Version   int64    `kafka:"0+"`
	Timestamp int64    `kafka:"0+"`
}
