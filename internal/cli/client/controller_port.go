package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// notBroker is the error of a client that asks nodes for Metadata which do not serve it: the
// command line names the port of a controller.
type notBroker struct{ address string }

func (e *notBroker) Error() string { return "The node does not support METADATA" }

// Exception implements tool.Exception.
func (e *notBroker) Exception() string {
	return JavaClass(protocol.ErrUnsupportedVersion) + ": " + e.Error()
}

// Plain implements tool.Plain.
func (e *notBroker) Plain() string {
	return fmt.Sprintf("%s is the port of a controller; --bootstrap-server takes the port of a broker (the node does not support METADATA)", e.address)
}

// Unwrap returns the error code that Kafka's clients give.
func (e *notBroker) Unwrap() error { return protocol.ErrUnsupportedVersion }

// NotBroker reports whether err says that the addresses are those of controllers.
func NotBroker(err error) bool { return errors.As(err, new(*notBroker)) }

// brokerCheck finds out whether the bootstrap servers are brokers. The library would ask a
// controller for Metadata until the call times out, and it would report a server without an answer
// as soon as the connection fails.
type brokerCheck struct {
	// apart means that the check needs connections of its own: a consumer of the library asks for
	// Metadata by itself, and a controller closes that connection.
	apart bool
	// patience is how long the servers may take to answer. With 0 they are asked once, and a call
	// goes on without an answer.
	patience time.Duration

	mu  sync.Mutex
	run *checkRun // the run in progress, or the last one; nil before the first
}

// checkRun is one run of a check.
type checkRun struct {
	// done ends the run; err is set before that.
	done chan struct{}
	err  error
}

const (
	// checkTime bounds how long a call without patience waits for the check. Servers that answer
	// later are not checked before it.
	checkTime = 3 * time.Second
	// serverTime bounds the first wait for one server, so that one without an answer does not hide
	// the next.
	serverTime = time.Second
)

// wait returns nil when a bootstrap server is a broker, a *notBroker when some server answers and
// none is a broker, and a *noBroker when none answers within patience. Otherwise it returns the
// error of ctx.
func (b *brokerCheck) wait(ctx context.Context, cl *kgo.Client) error {
	run := b.begin(cl)
	var enough <-chan time.Time
	if b.patience == 0 {
		enough = time.After(checkTime)
	}
	select {
	case <-run.done:
		return run.err
	case <-enough:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin starts the check for the first call, and again for a call after one without an answer.
func (b *brokerCheck) begin(cl *kgo.Client) *checkRun {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.run != nil {
		select {
		case <-b.run.done:
			if b.run.err == nil || NotBroker(b.run.err) {
				return b.run
			}
		default:
			return b.run
		}
	}
	run := &checkRun{done: make(chan struct{})}
	b.run = run
	go func() {
		defer close(run.done)
		run.err = b.find(cl)
	}()
	return run
}

// find is one run of the check.
func (b *brokerCheck) find(cl *kgo.Client) error {
	ctx := cl.Context()
	if b.apart {
		addresses := cl.OptValue(kgo.SeedBrokers).([]string)
		own, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.ClientID(cl.OptValue(kgo.ClientID).(string)))
		if err != nil {
			return nil // the tool's own client reports it
		}
		defer own.Close()
		cl = own
	}
	if b.patience == 0 {
		_, err := findBroker(ctx, cl, serverTime)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	for round := time.Duration(1); ; round++ {
		if answered, err := findBroker(ctx, cl, round*serverTime); answered {
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return &noBroker{kafka: "Timed out waiting for a node assignment.", waited: b.patience}
		}
	}
}

// findBroker asks the bootstrap servers in turn until one serves Metadata. The error is a
// *notBroker if some answer and none does. Each server gets at most patience, and its share of the
// time that ctx leaves.
func findBroker(ctx context.Context, cl *kgo.Client, patience time.Duration) (answered bool, err error) {
	addresses := cl.OptValue(kgo.SeedBrokers).([]string)
	if end, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(end)/time.Duration(len(addresses)))
	}
	for i, seed := range cl.SeedBrokers() {
		one, cancel := context.WithTimeout(ctx, patience)
		versions, failed := apiVersions(one, seed)
		cancel()
		if failed != nil {
			continue
		}
		answered = true
		if slices.ContainsFunc(versions.ApiKeys, func(k kmsg.ApiVersionsResponseApiKey) bool { return k.ApiKey == int16(kmsg.Metadata) }) {
			return true, nil
		}
		if err == nil {
			err = &notBroker{address: addresses[i]}
		}
	}
	return answered, err
}

// apiVersions asks one node for its APIs.
func apiVersions(ctx context.Context, node kmsg.Requestor) (*kmsg.ApiVersionsResponse, error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "gregor", "1"
	resp, err := req.RequestWith(ctx, node)
	if err != nil {
		return nil, err
	}
	return resp, Err(resp.ErrorCode, nil)
}

// PollRecords is the library's PollRecords, unless the bootstrap servers are no brokers, or, in
// gregor's own form, none answers; then Fatal returns why.
func (c *Consumer) PollRecords(ctx context.Context, most int) kgo.Fetches {
	if err := c.Admin.brokers.wait(ctx, c.Client); NoBroker(err) {
		return kgo.NewErrFetch(err)
	}
	return c.Client.PollRecords(ctx, most)
}
