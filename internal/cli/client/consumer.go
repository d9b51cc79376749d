package client

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// consumerOpts turns the properties of Java's consumer into the client's, without subscription and
// group.
func consumerOpts(p Props) ([]kgo.Opt, error) {
	if err := p.check(consumer); err != nil {
		return nil, err
	}
	opts := []kgo.Opt{
		kgo.KeepRetryableFetchErrors(), // Consumer.Fatal decides which errors end the consumer
		kgo.FetchMinBytes(int32(p.number("fetch.min.bytes", 1))),
		kgo.FetchMaxBytes(int32(p.number("fetch.max.bytes", 50<<20))),
		kgo.FetchMaxPartitionBytes(int32(p.number("max.partition.fetch.bytes", 1<<20))),
		kgo.FetchMaxWait(p.Millis("fetch.max.wait.ms", 500*time.Millisecond)),
	}
	if r := p["client.rack"]; r != "" {
		opts = append(opts, kgo.Rack(r))
	}
	if p["isolation.level"] == "read_committed" {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	if strings.EqualFold(p["check.crcs"], "false") {
		opts = append(opts, kgo.DisableFetchCRCValidation())
	}
	begin, err := parseReset(p["auto.offset.reset"])
	if err != nil {
		return nil, err
	}
	opts = append(opts, begin.opts()...)
	return opts, nil
}
