package server

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Every configuration of widespread tutorials and images starts unchanged, with comments behind
// values and colons. The test only replaces addresses and paths by local ones.
func TestSeedConfigurationsStart(t *testing.T) {
	files, err := filepath.Glob("../../config/testdata/seeds/*.properties")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	address := regexp.MustCompile(`PLAINTEXT://[^\s#]*`)
	dirs := regexp.MustCompile(`(?m)^(log\.dirs\s*[=:]\s*)[^\s#]+`)
	brokerID := regexp.MustCompile(`(?m)^broker\.id\s*[=:]\s*(\d+)`)
	partitions := regexp.MustCompile(`(?m)^num\.partitions=(\d+)`)
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(t.TempDir(), "kafka", "data")
			text := dirs.ReplaceAllString(address.ReplaceAllString(string(src), "PLAINTEXT://127.0.0.1:0"), "${1}"+data)
			args := []string{configFile(t, "%s", text)}
			if !address.MatchString(text) {
				args = append(args, "--override", "listeners=PLAINTEXT://127.0.0.1:0")
			}
			s := startServer(t, args...)
			n := s.roundTrip("seed-topic")
			if m := partitions.FindStringSubmatch(text); m != nil && m[1] == "3" && n != 3 || m == nil && n != 1 {
				t.Errorf("the topic has %d partitions", n)
			}
			s.stop()
			out := s.out.String()
			if id := brokerID.FindStringSubmatch(text)[1]; !strings.Contains(out, "node="+id+" ") {
				t.Errorf("not node %s", id)
			}
			if strings.Count(out, "zookeeper") != strings.Count(text, "zookeeper.connect") || !strings.Contains(out, "starts alone") {
				t.Error("that the node starts alone is to be said once")
			}
			for line := range strings.Lines(out) {
				if strings.Contains(line, "ERROR") || strings.Contains(line, "unknown") {
					t.Error(line)
				}
			}
			if _, err := os.Stat(filepath.Join(data, ".kafka_cleanshutdown")); err != nil {
				t.Error(err)
			}
		})
	}
}

// Three nodes of one text run on one machine, each with its own folder, as the text starts them.
func TestSeveralServersOfOneMachine(t *testing.T) {
	for _, id := range []string{"1", "2"} {
		s := startServer(t, configFile(t, "broker.id=%s\nlog.dirs=%s\n%s", id, t.TempDir(), anyPort))
		if n := s.roundTrip("t"); n != 1 {
			t.Error(n)
		}
	}
}

// A single node serves consumer groups, although Kafka's default is three replicas of their topic.
// Their commits survive a restart.
func TestGroupsOfANodeAlone(t *testing.T) {
	dir := t.TempDir()
	file := configFile(t, "broker.id=0\nzookeeper.connect=a:2181\nlog.dirs=%s\ngroup.initial.rebalance.delay.ms=0\n%s", dir, anyPort)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for round := range 2 {
		s := startServer(t, file)
		c := s.client(kgo.ConsumeTopics("t"), kgo.ConsumerGroup("g"), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err := c.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("v")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		fs := c.PollFetches(ctx)
		if err := fs.Err(); err != nil || fs.NumRecords() != 1 || fs.Records()[0].Offset != int64(round) {
			t.Fatalf("round %d: %v, %d records", round, err, fs.NumRecords())
		}
		if err := c.CommitUncommittedOffsets(ctx); err != nil {
			t.Fatal(err)
		}
		if o, err := kadm.NewClient(c).FetchOffsets(ctx, "g"); err != nil || o["t"][0].At != int64(round+1) {
			t.Fatal(o, err)
		}
		c.Close()
		s.stop()
	}
}
