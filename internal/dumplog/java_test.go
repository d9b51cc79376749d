package dumplog

import (
	"math"
	"testing"
)

func TestJSONName(t *testing.T) {
	for in, want := range map[string]string{
		"ProducerID": "producerId", "PartitionIDs": "partitionIds", "ISR": "isr", "LastKnownELR": "lastKnownElr", "Name": "name",
		"APIKeys": "apiKeys", "TransactionLastUpdateTimestampMs": "transactionLastUpdateTimestampMs", "IDs": "ids", "TopicIDPartition": "topicIdPartition",
		"KraftVersion": "kRaftVersion",
	} {
		if got := jsonName(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestJavaString(t *testing.T) {
	for in, want := range map[string]string{
		"plain é": "plain é", "\xff\xfe": "\ufffd\ufffd", "a\xe2\x82": "a\ufffd", "\xe2\x82x": "\ufffdx", "\xe2x": "\ufffdx",
		"\xed\xa0\x80": "\ufffd", "\xc0\x80": "\ufffd\ufffd", "\xf0\x9f\x98": "\ufffd", "\xf0\x9fx": "\ufffdx", "\xf5\x80": "\ufffd\ufffd", "\xf4\x90\x80\x80": "\ufffd\ufffd\ufffd\ufffd",
	} {
		if got := javaString([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestJavaDouble(t *testing.T) {
	for in, want := range map[float64]string{
		0: "0.0", 1024: "1024.0", 0.5: "0.5", 1e7: "1.0E7", 1.25e-5: "1.25E-5", 9999999: "9999999.0", 0.001: "0.001",
		-3: "-3.0", math.Inf(1): `"Infinity"`, math.MaxFloat64: "1.7976931348623157E308",
	} {
		if got := jsonDouble(in); got != want {
			t.Errorf("%g: %s, want %s", in, got, want)
		}
	}
}

func TestAppendText(t *testing.T) {
	if got := string(appendText(nil, "a\"\\\n\t\x01é<>&\u2028")); got != "\"a\\\"\\\\\\n\\t\\u0001é<>&\u2028\"" {
		t.Fatal(got)
	}
}
