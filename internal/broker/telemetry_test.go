package broker_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// node is a broker in memory with an admin listener.
func node(t *testing.T, more map[string]string) *broker.Node {
	t.Helper()
	props := map[string]string{
		"node.id": "1", "listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": "/data", "admin.listener": "127.0.0.1:0",
		"group.initial.rebalance.delay.ms": "0",
	}
	for k, v := range more {
		props[k] = v
	}
	cfg, _, err := config.ParseMap(props)
	if err != nil {
		t.Fatal(err)
	}
	n, err := broker.Start(t.Context(), broker.Options{Config: cfg, FS: vfs.NewMem(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := n.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return n
}

func client(t *testing.T, n *broker.Node, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(n.Addr("")), kgo.UnknownTopicRetries(-1), kgo.MetadataMinAge(20*time.Millisecond))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// page returns the current /metrics.
func page(t *testing.T, n *broker.Node) string {
	t.Helper()
	resp, err := http.Get("http://" + n.AdminAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(text)
}

// Dashboards for Apache Kafka ask for these names.
func TestMetricsOfANode(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := node(t, nil)
	c := client(t, n, kgo.ConsumeTopics("metered"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	adm := kadm.NewClient(c)
	if _, err := adm.CreateTopic(ctx, 2, 1, nil, "metered"); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "metered", Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if fs := c.PollFetches(ctx); fs.Err() != nil || fs.NumRecords() != 1 {
		t.Fatal(fs.Err())
	}
	// The broker counts a request's times after it has written the answer, so the client can see
	// the answer first.
	text := page(t, n)
	for ctx.Err() == nil && !(strings.Contains(text, `totaltimems_count{request="Produce"} 1`) && strings.Contains(text, `totaltimems_count{request="FetchConsumer"}`)) {
		text = page(t, n)
	}
	for _, want := range []string{
		`kafka_server_kafkaserver_brokerstate 3`,
		`kafka_server_app_info\{.*version="test"\} 1`,
		`kafka_server_brokertopicmetrics_messagesin_total 1`,
		`kafka_server_brokertopicmetrics_messagesin_total\{topic="metered"\} 1`,
		`kafka_server_brokertopicmetrics_bytesin_total\{topic="metered"\} [1-9]\d+`,
		`kafka_server_brokertopicmetrics_bytesout_total\{topic="metered"\} [1-9]\d+`,
		`kafka_server_brokertopicmetrics_totalproducerequests_total\{topic="metered"\} 1`,
		`kafka_server_brokertopicmetrics_totalfetchrequests_total\{topic="metered"\} [1-9]\d*`,
		`kafka_server_brokertopicmetrics_failedproducerequests_total 0`,
		`kafka_server_brokertopicmetrics_bytesrejected_total 0`,
		`kafka_server_replicamanager_partitioncount 2`,
		`kafka_server_replicamanager_underreplicatedpartitions 0`,
		`kafka_server_delayedoperationpurgatory_purgatorysize\{delayedOperation="Fetch"\} \d+`,
		`kafka_server_delayedoperationpurgatory_purgatorysize\{delayedOperation="Produce"\} 0`,
		`kafka_server_socket_server_metrics_connection_count\{listener="PLAINTEXT",networkProcessor="0"\} [1-9]`,
		`kafka_server_socket_server_metrics_incoming_byte_total\{listener="PLAINTEXT",networkProcessor="0"\} [1-9]\d+`,
		`kafka_network_requestmetrics_requests_total\{request="Produce",version="\d+"\} 1`,
		`kafka_network_requestmetrics_totaltimems_count\{request="Produce"\} 1`,
		`kafka_network_requestmetrics_totaltimems\{quantile="0\.99",request="Produce"\} \d`,
		`kafka_network_requestmetrics_totaltimems_count\{request="FetchConsumer"\} [1-9]\d*`,
		`kafka_log_logflushstats_logflushrateandtimems_count [1-9]\d*`,
		`kafka_log_logmanager_offlinelogdirectorycount 0`,
		`kafka_controller_kafkacontroller_activecontrollercount 1`,
		`kafka_controller_kafkacontroller_globaltopiccount 1`,
		`kafka_server_raftmetrics_current_state\{current_state="leader"\} 1`,
		`kafka_coordinator_group_groupmetadatamanager_numgroups 0`,
		`process_resident_memory_bytes \d`,
	} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(text) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "kafka_log_log_size{") {
		t.Error("series of single partitions though metrics.partition.enable is false")
	}
	if _, err := adm.DeleteTopics(ctx, "metered"); err != nil {
		t.Fatal(err)
	}
	for strings.Contains(page(t, n), `topic="metered"`) {
		if ctx.Err() != nil {
			t.Fatal("the series of a deleted topic stay")
		}
	}
	if !strings.Contains(page(t, n), "\nkafka_server_brokertopicmetrics_messagesin_total 1\n") {
		t.Error("the total fell with the topic")
	}
}

// metrics.partition.enable is dynamic.
func TestPartitionMetrics(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := node(t, nil)
	adm := kadm.NewClient(client(t, n))
	if _, err := adm.CreateTopic(ctx, 2, 1, nil, "t"); err != nil {
		t.Fatal(err)
	}
	on := "true"
	if _, err := adm.AlterBrokerConfigs(ctx, []kadm.AlterConfig{{Name: "metrics.partition.enable", Value: &on}}); err != nil {
		t.Fatal(err)
	}
	wants := []string{
		`kafka_log_log_size{partition="1",topic="t"} 0`, `kafka_log_log_logendoffset{partition="0",topic="t"} 0`,
		`kafka_log_log_numlogsegments{partition="0",topic="t"} 1`, `kafka_cluster_partition_insyncreplicascount{partition="1",topic="t"} 1`,
		`kafka_cluster_partition_underminisr{partition="0",topic="t"} 0`,
	}
	for _, want := range wants {
		for !strings.Contains(page(t, n), want) {
			if ctx.Err() != nil {
				t.Fatalf("no %s in\n%s", want, page(t, n))
			}
		}
	}
}

// min.insync.replicas above the replication factor counts as the replication factor, for producers
// and on the page. It is Kafka's effective min ISR. Otherwise a partition that serves would raise
// an alarm.
func TestMinISRAboveReplicationFactor(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := node(t, map[string]string{"metrics.partition.enable": "true"})
	c := client(t, n, kgo.RequiredAcks(kgo.AllISRAcks()))
	two := "2"
	if _, err := kadm.NewClient(c).CreateTopic(ctx, 1, 1, map[string]*string{"min.insync.replicas": &two}, "t"); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	got := samples(t, page(t, n))
	for series, want := range map[string]float64{
		`kafka_cluster_partition_underminisr{partition="0",topic="t"}`:         0,
		`kafka_cluster_partition_atminisr{partition="0",topic="t"}`:            1,
		`kafka_cluster_partition_underreplicated{partition="0",topic="t"}`:     0,
		`kafka_cluster_partition_replicascount{partition="0",topic="t"}`:       1,
		`kafka_cluster_partition_insyncreplicascount{partition="0",topic="t"}`: 1,
		"kafka_server_replicamanager_leadercount":                              1,
		"kafka_server_replicamanager_underminisrpartitioncount":                0,
		"kafka_server_replicamanager_atminisrpartitioncount":                   1,
		"kafka_server_replicamanager_underreplicatedpartitions":                0,
		"kafka_server_replicamanager_reassigningpartitions":                    0,
		"kafka_server_replicamanager_offlinereplicacount":                      0,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v (%v), not %v", series, v, ok, want)
		}
	}
}
