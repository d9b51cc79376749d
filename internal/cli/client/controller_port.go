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
// controller for Metadata until the call times out.
type brokerCheck struct {
	once sync.Once
	// apart means that the check needs connections of its own: a consumer of the library asks for
	// Metadata by itself, and a controller closes that connection.
	apart bool
	// patience is how long the servers may take to answer; 0 for no limit.
	patience time.Duration
	// done ends the check; err is set before that.
	done chan struct{}
	err  error
}

const (
	// checkTime bounds how long a request waits for the check. Servers that answer later are not
	// checked before it.
	checkTime = 3 * time.Second
	// serverTime bounds the wait for one server, so that one without an answer does not hide the
	// next.
	serverTime = time.Second
)

// wait runs the check on the first call, and returns a *notBroker when no bootstrap server is a
// broker.
func (b *brokerCheck) wait(ctx context.Context, cl *kgo.Client) error {
	b.once.Do(func() {
		b.done = make(chan struct{})
		go func() {
			defer close(b.done)
			b.err = b.find(cl)
		}()
	})
	ctx, cancel := context.WithTimeout(ctx, max(checkTime, b.patience+serverTime))
	defer cancel()
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return nil
	}
}

// find returns a *notBroker if at least one bootstrap server answers and none serves Metadata, and
// a *noBroker if none answers within patience.
func (b *brokerCheck) find(cl *kgo.Client) error {
	if b.apart {
		addresses := cl.OptValue(kgo.SeedBrokers).([]string)
		own, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.ClientID(cl.OptValue(kgo.ClientID).(string)))
		if err != nil {
			return nil // the tool's own client reports it
		}
		defer own.Close()
		cl = own
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.patience)
	defer cancel()
	for round := time.Duration(1); ; round++ {
		answered, err := findBroker(cl, round*serverTime)
		if answered || b.patience == 0 {
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
// *notBroker if some answer and none does.
func findBroker(cl *kgo.Client, patience time.Duration) (answered bool, err error) {
	addresses := cl.OptValue(kgo.SeedBrokers).([]string)
	for i, seed := range cl.SeedBrokers() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		versions, failed := apiVersions(ctx, seed)
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
	if err := c.Admin.brokers.wait(ctx, c.Client); err != nil {
		return kgo.NewErrFetch(err)
	}
	return c.Client.PollRecords(ctx, most)
}
