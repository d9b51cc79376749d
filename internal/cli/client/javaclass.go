package client

import (
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
)

// oddClasses are the exceptions of Java's clients whose names do not follow from the code's.
var oddClasses = map[protocol.Error]string{
	-1: "UnknownServerException", 2: "CorruptRecordException", 7: "TimeoutException", 10: "RecordTooLargeException",
	11: "ControllerMovedException", 12: "OffsetMetadataTooLarge", 13: "NetworkException", 17: "InvalidTopicException",
	18: "RecordBatchTooLargeException", 29: "TopicAuthorizationException", 30: "GroupAuthorizationException",
	31: "ClusterAuthorizationException", 36: "TopicExistsException", 40: "InvalidConfigurationException",
	45: "OutOfOrderSequenceException", 46: "DuplicateSequenceException", 49: "InvalidPidMappingException",
	50: "InvalidTxnTimeoutException", 53: "TransactionalIdAuthorizationException", 56: "KafkaStorageException",
	58: "SaslAuthenticationException", 61: "DelegationTokenDisabledException", 64: "UnsupportedByAuthenticationException",
	65: "DelegationTokenAuthorizationException", 68: "GroupNotEmptyException", 97: "PrincipalDeserializationException",
	106: "FetchSessionTopicIdException", 128: "InvalidRegularExpression",
}

// JavaClass is the exception that Java's clients throw for a code; Kafka's tools print it in places.
func JavaClass(code protocol.Error) string {
	const pkg = "org.apache.kafka.common.errors."
	if c, ok := oddClasses[code]; ok {
		return pkg + c
	}
	var b strings.Builder
	b.WriteString(pkg)
	for _, word := range strings.Split(code.Name(), "_") {
		if word != "" {
			b.WriteString(word[:1] + strings.ToLower(word[1:]))
		}
	}
	return b.String() + "Exception"
}

// JavaError is what a Java exception says of itself: its class and its message.
func JavaError(code int16, message *string) string {
	err := Err(code, message)
	if err == nil {
		return ""
	}
	return JavaClass(protocol.Error(code)) + ": " + err.Error()
}
