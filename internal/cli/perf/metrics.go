package perf

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// numbers are the client's own, for --print-metrics. They are a part of what Java's clients count,
// under its names.
type numbers struct {
	start                                  time.Time
	batches, batchBytes, rawBytes, records atomic.Int64
	errors                                 atomic.Int64
	requests, out, in                      atomic.Int64
	waitMs, maxWaitMs                      atomic.Int64
}

func newNumbers() *numbers { return &numbers{start: time.Now()} }

var (
	_ kgo.HookProduceBatchWritten = (*numbers)(nil)
	_ kgo.HookFetchBatchRead      = (*numbers)(nil)
	_ kgo.HookBrokerE2E           = (*numbers)(nil)
)

// OnProduceBatchWritten implements kgo.Hook.
func (n *numbers) OnProduceBatchWritten(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.ProduceBatchMetrics) {
	n.batch(m.NumRecords, m.CompressedBytes, m.UncompressedBytes)
}

// OnFetchBatchRead implements kgo.Hook.
func (n *numbers) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	n.batch(m.NumRecords, m.CompressedBytes, m.UncompressedBytes)
}

func (n *numbers) batch(records, compressed, raw int) {
	n.batches.Add(1)
	n.records.Add(int64(records))
	n.batchBytes.Add(int64(compressed))
	n.rawBytes.Add(int64(raw))
}

// OnBrokerE2E implements kgo.Hook.
func (n *numbers) OnBrokerE2E(_ kgo.BrokerMetadata, _ int16, e kgo.BrokerE2E) {
	n.requests.Add(1)
	n.out.Add(int64(e.BytesWritten))
	n.in.Add(int64(e.BytesRead))
	ms := e.DurationE2E().Milliseconds()
	n.waitMs.Add(ms)
	for {
		old := n.maxWaitMs.Load()
		if ms <= old || n.maxWaitMs.CompareAndSwap(old, ms) {
			return
		}
	}
}

// print writes the table as Kafka's ToolsUtils.printMetrics does.
func (n *numbers) print(w io.Writer, side string, cl *kgo.Client) {
	group, tags := side+"-metrics", fmt.Sprintf(":{client-id=%v}", cl.OptValue(kgo.ClientID))
	seconds := time.Since(n.start).Seconds()
	per := func(a, b int64) float64 { return float64(a) / float64(b) }
	values := map[string]float64{
		"incoming-byte-total": float64(n.in.Load()), "outgoing-byte-total": float64(n.out.Load()),
		"incoming-byte-rate": float64(n.in.Load()) / seconds, "outgoing-byte-rate": float64(n.out.Load()) / seconds,
		"request-total": float64(n.requests.Load()), "request-rate": float64(n.requests.Load()) / seconds,
		"request-latency-avg": per(n.waitMs.Load(), n.requests.Load()), "request-latency-max": float64(n.maxWaitMs.Load()),
	}
	if side == "producer" {
		values["record-send-total"], values["record-send-rate"] = float64(n.records.Load()), float64(n.records.Load())/seconds
		values["record-error-total"] = float64(n.errors.Load())
		values["batch-size-avg"] = per(n.batchBytes.Load(), n.batches.Load())
		values["compression-rate-avg"] = per(n.batchBytes.Load(), n.rawBytes.Load())
		values["records-per-request-avg"] = per(n.records.Load(), n.batches.Load())
	} else {
		group = "consumer-fetch-manager-metrics"
		values["records-consumed-total"], values["records-consumed-rate"] = float64(n.records.Load()), float64(n.records.Load())/seconds
		values["bytes-consumed-total"] = float64(n.batchBytes.Load())
	}
	var names []string
	width := 0
	for name := range values {
		names = append(names, name)
		width = max(width, len(group)+1+len(name)+len(tags))
	}
	slices.Sort(names)
	fmt.Fprintf(w, "\n%s   %s\n", "Metric Name"+strings.Repeat(" ", max(width-len("Metric Name"), 0)), "Value")
	for _, name := range names {
		fmt.Fprintf(w, "%-*s : %s\n", width, group+":"+name+tags, decimal(values[name], 3))
	}
}
