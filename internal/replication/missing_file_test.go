package replication

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The active .log file is away for a moment (a mistaken mv) while the pool has it closed. An append
// in between breaks the log, so the partition goes offline, and the broker's log says so. Before,
// it kept its leader and refused every append without a line.
func TestMissingActiveFileTakesThePartitionOffline(t *testing.T) {
	disk := vfs.NewMem()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, nil))
	n := &node{t: t, fs: disk, image: metadata.Empty()}
	n.now.Store(startMs)
	n.host = &testHost{Host: host.Real(), now: &n.now}
	b := config.NewDynamic(config.Default())
	logs, err := logmanager.New(logmanager.Options{FS: disk, Dirs: []string{"/data"}, Config: logmanager.ConfigFrom(b.Values()), Logger: logger,
		OnOffline: func(dir string, logs []*logmanager.Log, err error) { n.m.LogsFailed(dir, logs, err) }})
	if err != nil {
		t.Fatal(err)
	}
	n.logs = logs
	n.m = New(Options{BrokerID: 1, Logs: logs, Config: b, Host: n.host, Logger: logger})
	if err := n.m.Start(n.image, startMs, nil, nil); err != nil {
		t.Fatal(err)
	}
	n.createTopic("t", 1)
	n.produce("t", 0, "a")
	for range 4 {
		n.now.Add(200_000)
		n.logs.Tick(n.now.Load())
	}
	file := filepath.Join("/data/t-0", "00000000000000000000.log")
	if err := disk.Rename(file, "/away"); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	send := func() (code protocol.Error) {
		r := NewAppendRequest()
		r.Acks, r.TimeoutMs, r.NowMs = AcksAll, 1000, n.now.Load()
		a := r.Add()
		a.Topic, a.Partition, a.Epoch, a.Records = "t", 0, -1, batch(t, "y")
		r.Done = func(r *AppendRequest) { code = r.Parts[0].Err }
		n.m.Append(r)
		n.logs.Commit()
		n.m.jobs.Wait()
		return code
	}
	if code := send(); code != protocol.ErrKafkaStorageError {
		t.Errorf("an append without the file is answered with %v", code)
	}
	if err := disk.Rename("/away", file); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		n.now.Add(400_000)
		n.logs.Tick(n.now.Load())
		n.logs.CheckpointRecoveryPoints()
		n.m.jobs.Wait()
	}
	if code := send(); code != protocol.ErrKafkaStorageError {
		t.Errorf("an append is answered with %v", code)
	}
	if n.logs.Damaged(storage.TopicPartition{Topic: "t"}, topicID("t")) == nil {
		t.Error("the partition counts as in service")
	}
	if !strings.Contains(out.String(), "damaged") {
		t.Errorf("the broker's log has no line about it: %q", out.String())
	}
}
