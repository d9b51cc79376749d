package broker_test

import (
	"context"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/telemetry"
)

var update = flag.Bool("update", false, "rewrite testdata/metrics.txt")

// traffic makes a node do each counted thing at least once.
func traffic(ctx context.Context, t *testing.T, n *broker.Node) {
	linkTraffic(t, n)
	t.Helper()
	c := client(t, n, kgo.ProducerBatchCompression(kgo.SnappyCompression()))
	adm := kadm.NewClient(c)
	gzip := "gzip"
	if _, err := adm.CreateTopic(ctx, 1, 1, map[string]*string{"compression.type": &gzip}, "seen"); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "seen", Value: []byte(strings.Repeat("v", 1000))}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	compact := "compact"
	if _, err := adm.CreateTopic(ctx, 1, 1, map[string]*string{"cleanup.policy": &compact}, "keyed"); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "keyed", Value: []byte("no key")}).FirstErr(); !errors.Is(err, kerr.InvalidRecord) {
		t.Fatal(err)
	}
	g := client(t, n, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("seen"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	fetched := g.PollFetches(ctx)
	if fetched.Err() != nil || fetched.NumRecords() != 1 {
		t.Fatal(fetched.Err(), fetched.NumRecords())
	}
	if err := g.CommitRecords(ctx, fetched.Records()...); err != nil {
		t.Fatal(err)
	}
	if _, err := adm.DeleteTopics(ctx, "never-made"); err != nil {
		t.Fatal(err)
	}
}

var sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$`)
var labelPair = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)

// samples are the values of a page by name and labels.
func samples(t *testing.T, text string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not a sample: %s", line)
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatal(line)
		}
		out[strings.TrimSuffix(line, " "+m[3])] = v
	}
	return out
}

// shape is a series without the values of its labels: name{label,label}.
func shape(series string) string {
	name, labels, _ := strings.Cut(series, "{")
	var names []string
	for _, m := range labelPair.FindAllStringSubmatch(labels, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return name + "{" + strings.Join(names, ",") + "}"
}

// The page shows everything that is declared, with exactly the names and labels of
// testdata/metrics.txt, and Prometheus's own parser accepts the page.
func TestExposition(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := node(t, map[string]string{"metrics.partition.enable": "true"})
	traffic(ctx, t, n)
	text := page(t, n)
	// The broker counts an exchange after it has written the answer. The cleaner looks for work on
	// a goroutine of its own.
	for _, want := range []string{`requests_total{request="DeleteTopics"`, `requests_total{request="OffsetCommit"`, "\nkafka_log_logcleanermanager_time_since_last_run_ms "} {
		for ; !strings.Contains(text, want) && ctx.Err() == nil; text = page(t, n) {
		}
	}
	if _, err := promlint.New(strings.NewReader(text)).Lint(); err != nil {
		t.Errorf("the page cannot be parsed: %v", err)
	}
	shapes := map[string]bool{}
	for series := range samples(t, text) {
		if !strings.HasPrefix(series, "go_") && !strings.HasPrefix(series, "process_") {
			shapes[shape(series)] = true
		}
	}
	got := strings.Join(slices.Sorted(maps.Keys(shapes)), "\n") + "\n"
	golden := filepath.Join("testdata", "metrics.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("names and labels changed (rewrite with -update):\n%s", got)
	}
	for _, m := range telemetry.Metrics() {
		if !strings.Contains(got, m.Name+"{") {
			t.Errorf("%s is declared and never shown", m.Name)
		}
	}
}

// The values match the traffic.
func TestValues(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := node(t, nil)
	traffic(ctx, t, n)
	got := samples(t, page(t, n))
	const request = "kafka_network_requestmetrics_"
	// The broker counts a request after it has written the answer, so a client can see the answer
	// first.
	counted := func() bool {
		return got[request+`errors_total{error="UNKNOWN_TOPIC_OR_PARTITION",request="DeleteTopics"}`] > 0 &&
			got[request+`errors_total{error="NONE",request="OffsetCommit"}`] > 0 && got[request+`localtimems_count{request="Produce"}`] == 2 &&
			got[request+`totaltimems_count{request="FetchConsumer"}`] > 0
	}
	for ; !counted() && ctx.Err() == nil; got = samples(t, page(t, n)) {
	}
	for series, want := range map[string]float64{
		request + `errors_total{error="NONE",request="Produce"}`:                            1,
		request + `errors_total{error="INVALID_RECORD",request="Produce"}`:                  1,
		request + `errors_total{error="NONE",request="OffsetCommit"}`:                       1,
		request + `errors_total{error="UNKNOWN_TOPIC_OR_PARTITION",request="DeleteTopics"}`: 1,
		request + `localtimems_count{request="Produce"}`:                                    2,
		request + `remotetimems_count{request="Produce"}`:                                   2,
		request + `messageconversionstimems_count{request="Produce"}`:                       1,
		"kafka_server_brokertopicmetrics_producemessageconversions_total":                   1,
		`kafka_server_brokertopicmetrics_producemessageconversions_total{topic="seen"}`:     1,
		"kafka_server_brokertopicmetrics_nokeycompactedtopicrecords_total":                  1,
		"kafka_server_replicamanager_produceridcount":                                       1,
		`kafka_server_group_coordinator_metrics_group_count{protocol="classic"}`:            1,
		`kafka_server_group_coordinator_metrics_num_partitions{state="failed"}`:             0,
		"kafka_coordinator_group_groupmetadatamanager_numoffsets":                           1,
		"kafka_server_raftmetrics_current_vote":                                             -1,
		"kafka_server_metadataloader_currentcontrollerid":                                   1,
		"kafka_controller_kafkacontroller_newactivecontrollerscount":                        1,
		"kafka_controller_kafkacontroller_lastappliedrecordlagms":                           0,
		"kafka_log_logcleanermanager_uncleanable_partitions_count{logDirectory=\"/data\"}":  0,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v (%v), not %v", series, v, ok, want)
		}
	}
	for _, share := range []string{"kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent", "kafka_network_socketserver_networkprocessoravgidle_percent",
		"kafka_controller_controllereventmanager_avgidleratio", `kafka_network_acceptor_acceptorblocked_percent{listener="PLAINTEXT"}`} {
		if v, ok := got[share]; !ok || v < 0 || v > 1 {
			t.Errorf("%s is %v", share, v)
		}
	}
	for _, positive := range []string{request + `totaltimems{quantile="0.999",request="FetchConsumer"}`, request + `temporarymemorybytes{quantile="0.50",request="Produce"}`,
		`kafka_server_socket_server_metrics_request_rate{listener="PLAINTEXT",networkProcessor="0"}`, "kafka_server_raftmetrics_commit_latency_max",
		"kafka_server_raftmetrics_append_records_rate", "kafka_controller_kafkacontroller_eventqueueoperationsstartedcount",
		"kafka_server_brokermetadatametrics_last_applied_record_timestamp", "kafka_server_metadataloader_currentmetadataversion"} {
		if v := got[positive]; !(v > 0) {
			t.Errorf("%s is %v", positive, v)
		}
	}
}
