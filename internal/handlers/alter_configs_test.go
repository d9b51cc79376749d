package handlers

import (
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TestChangesAreCheckedInKafkasOrder: a resource that a request names twice is refused each time,
// before its operations are looked at, and these before the resource.
func TestChangesAreCheckedInKafkasOrder(t *testing.T) {
	value := "1"
	set := func(keys ...string) (ops []config.AlterOp) {
		for _, k := range keys {
			ops = append(ops, config.AlterOp{Name: k, Value: &value})
		}
		return ops
	}
	null := []config.AlterOp{{Name: "log.retention.ms"}}
	topic, broker, logger := metadata.Resource{Type: metadata.ResourceTopic, Name: "t"}, metadata.Resource{Type: metadata.ResourceBroker, Name: "2"},
		metadata.Resource{Type: metadata.ResourceBrokerLogger, Name: "x"}
	const twice = "Each resource must appear at most once."
	got := checkChanges([]configChange{{topic, set("retention.ms")}, {broker, null}, {topic, set("a", "a")}, {logger, set("root", "root")}, {topic, null},
		{metadata.Resource{Type: metadata.ResourceTopic, Name: "u"}, set("retention.ms")}})
	want := []string{twice, "Null value not supported for : log.retention.ms", twice, "Error due to duplicate config keys", twice, ""}
	for i, f := range got {
		text := ""
		if f != nil {
			text = f.text
		}
		if text != want[i] {
			t.Errorf("change %d: %q, want %q", i, text, want[i])
		}
	}
}

type someLoggers map[string]string

func (l someLoggers) Levels() map[string]string   { return l }
func (l someLoggers) SetLevel(name, level string) { l[name] = level }

// TestLoggerOperationsComeBeforeNames: Apache Kafka 4.4.0 checks the operation before the name of
// the logger.
func TestLoggerOperationsComeBeforeNames(t *testing.T) {
	loggers, debug := someLoggers{"root": "INFO"}, "DEBUG"
	for _, c := range []struct {
		logger string
		op     int8
		want   string
	}{
		{"no.such", 7, "Unknown operation type 7 is not allowed for the BROKER_LOGGER resource"},
		{"root", -1, "Unknown operation type -1 is not allowed for the BROKER_LOGGER resource"},
		{"no.such", 2, "APPEND operation is not allowed for the BROKER_LOGGER resource"},
		{"no.such", 0, "Logger no.such does not exist!"},
		{"no.such", 1, "Logger no.such does not exist!"},
		{"root", 0, ""},
	} {
		text := ""
		if f := alterLoggers(loggers, []protocol.IncrementalAlterConfigsRequestAlterableConfig{{Name: c.logger, ConfigOperation: c.op, Value: &debug}}, false); f != nil {
			text = f.text
		}
		if text != c.want {
			t.Errorf("operation %d on %s: %q, want %q", c.op, c.logger, text, c.want)
		}
	}
}
