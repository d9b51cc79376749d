// Command loadgen runs one produce or fetch load against a running broker, for profiling.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/gregorhq/gregor/bench/load"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9092", "broker")
	topic := flag.String("topic", "bench", "topic")
	kind := flag.String("kind", "produce", "produce or fetch")
	partitions := flag.Int("partitions", 6, "partitions")
	record := flag.Int("record", 1024, "bytes of a record's value")
	batch := flag.Int("batch", 16<<10, "bytes of a batch; 1 for one record")
	acks := flag.Int("acks", -1, "acks")
	conns := flag.Int("conns", 2, "connections")
	inflight := flag.Int("inflight", 5, "requests in flight on a connection")
	bytes := flag.Int64("bytes", 1<<30, "bytes to move")
	rate := flag.Float64("rate", 0, "batches a second, 0 for as many as possible")
	dur := flag.Duration("duration", 20*time.Second, "length of a paced run")
	caching := flag.Bool("caching", false, "write.caching=true on the topic")
	flag.Parse()
	conf := map[string]string{"retention.bytes": "536870912", "segment.bytes": "268435456"}
	if *caching {
		conf["write.caching"] = "true"
	}
	err := load.CreateTopic(*addr, *topic, *partitions, conf)
	if err == nil && *kind == "fetch" {
		var r load.FetchResult
		r, err = load.Fetch(load.FetchOptions{Addr: *addr, Topic: *topic, Partitions: *partitions, Conns: *conns, MaxBytes: *batch, Bytes: *bytes})
		fmt.Printf("%d bytes in %v, %.0f MiB/s\n", r.Bytes, r.Elapsed, float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds())
	} else if err == nil {
		var r load.ProduceResult
		r, err = load.Produce(load.ProduceOptions{Addr: *addr, Topic: *topic, Partitions: *partitions, RecordSize: *record, BatchSize: *batch, Acks: int16(*acks),
			Conns: *conns, InFlight: *inflight, Bytes: *bytes, Rate: *rate, Duration: *dur})
		fmt.Printf("%d records, %d bytes in %v, %.0f MiB/s, %.0f records/s, p50 %v p99 %v p99.9 %v\n", r.Records, r.Bytes, r.Elapsed, float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds(),
			float64(r.Records)/r.Elapsed.Seconds(), r.Quantile(.5), r.Quantile(.99), r.Quantile(.999))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
