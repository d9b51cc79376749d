package replication

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// BenchmarkManyPartitions makes GREGOR_PARTITIONS partitions (default 1000) on the real file
// system, starts again after a crash, and reports times and memory per partition.
func BenchmarkManyPartitions(b *testing.B) {
	partitions := 1000
	if s := os.Getenv("GREGOR_PARTITIONS"); s != "" {
		partitions, _ = strconv.Atoi(s)
	}
	for b.Loop() {
		dir := b.TempDir()
		n := newNode(b, vfs.OS(), nil, dir)
		began := time.Now()
		n.createTopic("t", partitions)
		made := time.Since(began)
		for i := range partitions {
			n.send("t", int32(i), AcksLeader, batch(b, "x"))
		}
		image := n.image
		n.logs.Stop(false, 0)
		n = nil
		before := heap()
		began = time.Now()
		n = newNode(b, vfs.OS(), image, dir)
		opened := time.Since(began)
		bytes := heap() - before
		began = time.Now()
		n.logs.Tick(startMs)
		n.logs.Tick(startMs + 600_000)
		ticked := time.Since(began)
		n.logs.Stop(true, 0)
		began = time.Now()
		n = newNode(b, vfs.OS(), image, dir)
		clean := time.Since(began)
		n.logs.Stop(false, 0)
		b.ReportMetric(made.Seconds(), "create-s")
		b.ReportMetric(opened.Seconds(), "recover-s")
		b.ReportMetric(clean.Seconds(), "clean-start-s")
		b.ReportMetric(ticked.Seconds(), "ticks-s")
		b.ReportMetric(float64(bytes)/float64(partitions), "B/partition")
		runtime.KeepAlive(n)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
