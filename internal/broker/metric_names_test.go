package broker

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// mbeans are the objects of a loaded Apache Kafka 4.4.0 node, without the values of their keys
// beyond type and name.
func mbeans(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "mbeans-4.4.0.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]bool)
	for _, l := range strings.Fields(string(text)) {
		parts := strings.Split(l, ",")
		out[parts[0]] = true
		if len(parts) > 1 && strings.HasPrefix(parts[1], "name=") {
			out[parts[0]+","+parts[1]] = true
		}
	}
	return out
}

// onlyUnderLoad are objects that Kafka makes on clusters or loads that the recorded node did not
// have.
var onlyUnderLoad = []string{
	"kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesOutPerSec",
	"kafka.server:type=DelayedFetchMetrics,name=ExpiresPerSec",
	"kafka.server:type=KafkaServer,name=linux-disk-read-bytes",
	"kafka.server:type=KafkaServer,name=linux-disk-write-bytes",
}

var seriesName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func TestMetricsAreKafkas(t *testing.T) {
	known := mbeans(t)
	seen := map[string]bool{}
	for _, m := range telemetry.Metrics() {
		switch {
		case seen[m.Name]:
			t.Errorf("%s is declared twice", m.Name)
		case !seriesName.MatchString(m.Name):
			t.Errorf("%s is not in the dialect", m.Name)
		case m.Help == "" || !strings.HasSuffix(m.Help, "."):
			t.Errorf("%s: no help", m.Name)
		case m.MBean != "" && !known[m.MBean] && !slices.Contains(onlyUnderLoad, m.MBean):
			t.Errorf("%s: Kafka has no %s", m.Name, m.MBean)
		}
		seen[m.Name] = true
		_, name, named := strings.Cut(m.MBean, ",name=")
		if !named {
			continue
		}
		want := strings.ToLower(strings.ReplaceAll(name, "-", "_"))
		if r, ok := strings.CutSuffix(want, "persec"); ok {
			want = r + "_total"
		}
		if r, ok := strings.CutSuffix(want, "percent"); ok && !strings.HasSuffix(r, "_") {
			want = r + "_percent"
		}
		if !strings.HasSuffix(m.Name, "_"+want) || (m.Type == telemetry.CounterType) != strings.HasSuffix(m.Name, "_total") {
			t.Errorf("%s should end in %s", m.Name, want)
		}
	}
	if len(seen) < 115 {
		t.Errorf("only %d series", len(seen))
	}
}
