package client

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// consumerOpts turns the properties of Java's consumer into the client's, without subscription and group.
func consumerOpts(p Props) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.FetchMinBytes(int32(p.number("fetch.min.bytes", 1))),
		kgo.FetchMaxBytes(int32(p.number("fetch.max.bytes", 50<<20))),
		kgo.FetchMaxPartitionBytes(int32(p.number("max.partition.fetch.bytes", 1<<20))),
		kgo.FetchMaxWait(p.Millis("fetch.max.wait.ms", 500*time.Millisecond)),
	}
	if r := p["client.rack"]; r != "" {
		opts = append(opts, kgo.Rack(r))
	}
	switch v := p["isolation.level"]; v {
	case "", "read_uncommitted":
	case "read_committed":
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	default:
		return nil, fmt.Errorf("Invalid value %s for configuration isolation.level: String must be one of: read_committed, read_uncommitted", v)
	}
	switch v := p["auto.offset.reset"]; v {
	case "", "latest":
		opts = append(opts, kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()))
	case "earliest":
		opts = append(opts, kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	case "none":
		opts = append(opts, kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	default:
		return nil, fmt.Errorf("Invalid value %s for configuration auto.offset.reset", v)
	}
	return opts, nil
}
