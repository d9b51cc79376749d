package config

import (
	"maps"
	"testing"
)

func op(name string, o Op, value string) AlterOp { return AlterOp{name, o, &value} }

func TestAlter(t *testing.T) {
	current := map[string]string{"retention.ms": "5", "cleanup.policy": "compact"}
	for _, c := range []struct {
		ops  []AlterOp
		want map[string]string
		err  string
	}{
		{[]AlterOp{op("retention.ms", Set, "6")}, map[string]string{"retention.ms": "6", "cleanup.policy": "compact"}, ""},
		{[]AlterOp{{"retention.ms", Delete, nil}, {"nothing", Delete, nil}}, map[string]string{"cleanup.policy": "compact"}, ""},
		{[]AlterOp{op("cleanup.policy", Append, "delete,compact")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact,delete"}, ""},
		// Empty parts at the end of a change are no values.
		{[]AlterOp{op("cleanup.policy", Append, "delete,")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact,delete"}, ""},
		{[]AlterOp{op("cleanup.policy", Append, "delete,,")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact,delete"}, ""},
		{[]AlterOp{op("cleanup.policy", Append, ",")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact"}, ""},
		{[]AlterOp{op("cleanup.policy", Subtract, "compact,")}, map[string]string{"retention.ms": "5", "cleanup.policy": ""}, ""},
		// Those before a value are, and so is the empty value. The result is refused later.
		{[]AlterOp{op("cleanup.policy", Append, ",delete")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact,,delete"}, ""},
		{[]AlterOp{op("cleanup.policy", Append, "delete, ")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact,delete,"}, ""},
		{[]AlterOp{op("cleanup.policy", Append, "")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact,"}, ""},
		{[]AlterOp{op("cleanup.policy", Subtract, "delete,compact")}, map[string]string{"retention.ms": "5", "cleanup.policy": ""}, ""},
		{[]AlterOp{op("leader.replication.throttled.replicas", Append, "0:1")}, map[string]string{"retention.ms": "5", "cleanup.policy": "compact", "leader.replication.throttled.replicas": "0:1"}, ""},
		{[]AlterOp{op("retention.ms", Append, "1")}, nil, "Can't APPEND to key retention.ms because its type is not LIST."},
		{[]AlterOp{op("foo", Subtract, "1")}, nil, "Can't SUBTRACT to key foo because its type is not LIST."},
		{[]AlterOp{{"retention.ms", Set, nil}, {"segment.ms", Append, nil}}, nil, "Null value not supported for : retention.ms,segment.ms"},
		{[]AlterOp{op("a", Set, "1"), op("a", Set, "2")}, nil, "Error due to duplicate config keys"},
		{[]AlterOp{op("retention.ms", 9, "1")}, nil, "Unknown operation type."},
	} {
		got, err := Alter(TopicKey, current, c.ops)
		switch {
		case err != nil && err.Error() != c.err, err == nil && c.err != "":
			t.Errorf("%v: %v, want %q", c.ops, err, c.err)
		case err == nil && !maps.Equal(got, c.want):
			t.Errorf("%v: %v, want %v", c.ops, got, c.want)
		}
	}
	if len(current) != 2 {
		t.Error("the stored entries changed")
	}
	if got, _ := Alter(TopicKey, nil, []AlterOp{op("cleanup.policy", Append, "compact")}); got["cleanup.policy"] != "delete,compact" {
		t.Errorf("appending to what is not stored starts from the default: %v", got)
	}
	if _, err := Alter(BrokerKey, nil, []AlterOp{op("num.io.threads", Append, "1")}); err == nil || err.Error() != "Config value append is not allowed for config key: num.io.threads" {
		t.Error(err)
	}
}

// The texts are those of a running Apache Kafka 4.4.0, but for listeners, which it can change while
// it runs.
func TestBrokerRefusals(t *testing.T) {
	b := Default()
	for _, c := range []struct {
		perBroker        bool
		key, value, want string
	}{
		{true, "num.partitions", "3", "Cannot update these configs dynamically: [num.partitions]"},
		{true, "log.segment.bytes", "100", "Invalid value 100 for configuration log.segment.bytes: Value must be at least 1048576"},
		{true, "num.io.threads", "0", "Invalid value 0 for configuration num.io.threads: Value must be at least 1"},
		{true, "some.unknown", "x", ""},
		{false, "max.connections", "0", "Invalid max.connections 0"},
		{false, "listener.name.plaintext.max.connections", "0", "Invalid listener.name.plaintext.max.connections 0"},
		{true, "max.connection.creation.rate", "0", "Invalid max.connection.creation.rate 0"},
		{false, "listener.name.internal.max.connection.creation.rate", "0", "Invalid listener.name.internal.max.connection.creation.rate 0"},
		{false, "sasl.enabled.mechanisms", "PLAIN", "Cannot update these configs at default cluster level, broker id must be specified: [sasl.enabled.mechanisms]"},
		{true, "listeners", "PLAINTEXT://:1", "Cannot update these configs dynamically: [listeners]"},
		{true, "num.io.threads", "4", ""},
		{false, "ssl.keystore.password", "x", "These security configs can be dynamically updated only per-listener using the listener prefix: [ssl.keystore.password]"},
		{true, "listener.name.internal.ssl.keystore.password", "x", ""},
		{false, "listener.name.internal.ssl.keystore.password", "x", "Cannot update these configs at default cluster level, broker id must be specified: [listener.name.internal.ssl.keystore.password]"},
		{false, "listener.name.internal.max.connections", "10", ""},
		{true, "listener.name.internal.scram-sha-256.sasl.login.class", "x", ""},
		{true, "sasl.login.class", "x", "Cannot update these configs dynamically: [sasl.login.class]"},
		{false, "log.retention.ms", "0", "requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1"},
		{false, "log.cleanup.policy", "delete,delete", "Configuration 'log.cleanup.policy' values must not be duplicated."},
		{false, "log.cleaner.threads", "0", "Invalid value 0 for configuration log.cleaner.threads: Value must be at least 1"},
		{false, "log.cleaner.dedupe.buffer.size", "100", "requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread."},
	} {
		err := ValidateBroker(b, c.perBroker, map[string]string{c.key: c.value})
		got := ""
		if err != nil {
			got = err.Error()
			if e, ok := err.(*Error); !ok || !e.Request {
				t.Errorf("%s: not INVALID_REQUEST", c.key)
			}
		}
		if got != c.want {
			t.Errorf("%s=%s:\n got %s\nwant %s", c.key, c.value, got, c.want)
		}
	}
}

func TestGroups(t *testing.T) {
	b := Default().Values()
	for _, c := range []struct{ key, value, want string }{
		{"foo", "x", "Unknown group config name: foo"},
		{"consumer.session.timeout.ms", "1", "consumer.session.timeout.ms must be in the range 45000 to 60000 inclusive."},
		{"consumer.session.timeout.ms", "50000", ""},
		{"share.auto.offset.reset", "by_duration:PT1H", ""},
		{"share.auto.offset.reset", "by_duration:x", "Invalid value by_duration:x for configuration share.auto.offset.reset: Invalid value `by_duration:x` for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."},
		{"share.delivery.count.limit", "11", "share.delivery.count.limit must be in the range 2 to 10 inclusive."},
		{"streams.num.standby.replicas", "3", "streams.num.standby.replicas must be less than or equal to 2"},
	} {
		got := ""
		if err := ValidateGroup(b, map[string]string{c.key: c.value}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s=%s:\n got %s\nwant %s", c.key, c.value, got, c.want)
		}
	}
}
