package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
)

// oddClasses are the exceptions of Java's clients whose names do not follow from the name of the
// error code.
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

// JavaClass returns the exception that Java's clients throw for an error code.
func JavaClass(code protocol.Error) string {
	const pkg = "org.apache.kafka.common.errors."
	if code == protocol.ErrInvalidRecord {
		return "org.apache.kafka.common.InvalidRecordException" // the only one in another package
	}
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

// Exception is an error of the tool itself that Kafka's tool prints with the name of a Java class
// before its text.
type Exception struct {
	Class string
	Err   error
}

// Exceptionf formats an Exception.
func Exceptionf(class, format string, args ...any) error {
	return &Exception{Class: class, Err: fmt.Errorf(format, args...)}
}

func (x *Exception) Error() string { return x.Err.Error() }

// Unwrap returns the error without its class.
func (x *Exception) Unwrap() error { return x.Err }

// Exception implements tool.Exception. A cause that is an exception keeps its own class.
func (x *Exception) Exception() string {
	text := x.Err.Error()
	var cause tool.Exception
	if errors.As(x.Err, &cause) {
		text = cause.Exception()
	}
	return x.Class + ": " + text
}
