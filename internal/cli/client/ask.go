package client

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Client is a connection of an admin tool.
type Client struct {
	*kgo.Client
	// apiTimeout bounds how long Ask tries again (default.api.timeout.ms).
	apiTimeout time.Duration
	// controllers means that the bootstrap servers are controllers, which serve no Metadata. All
	// requests go to them.
	controllers bool
	// brokers checks the bootstrap servers before the first request; nil for no check.
	brokers *brokerCheck
}

// node returns where a request goes: to a broker that the library chooses, or to the controllers in
// turn.
func (cl *Client) node(try int) kmsg.Requestor {
	if !cl.controllers {
		return cl
	}
	seeds := cl.SeedBrokers()
	return seeds[try%len(seeds)]
}

// Asker is a request whose answer has the type R.
type Asker[R kmsg.Response] interface {
	kmsg.Request
	RequestWith(context.Context, kmsg.Requestor) (R, error)
}

// Ask sends a request and returns the answer. It sends the request again while the answer holds a
// retriable error, as Kafka's admin client does, until ctx or default.api.timeout.ms ends; then it
// returns the last answer. The request must have the same effect when it is sent twice.
func Ask[R kmsg.Response](ctx context.Context, cl *Client, req Asker[R]) (R, error) {
	try := -1
	return ask(ctx, cl, func(ctx context.Context) (R, error) {
		try++
		return req.RequestWith(ctx, cl.node(try))
	})
}

// AskBroker is Ask for a certain broker.
func AskBroker[R kmsg.Response](ctx context.Context, cl *Client, broker int32, req Asker[R]) (R, error) {
	return ask(ctx, cl, func(ctx context.Context) (R, error) {
		resp, err := cl.Broker(int(broker)).RetriableRequest(ctx, req)
		if err != nil {
			var none R
			return none, err
		}
		return resp.(R), nil
	})
}

// AskSharded is Ask for a request that goes to several brokers; it returns the answer of each.
func AskSharded(ctx context.Context, cl *Client, req kmsg.Request) []kgo.ResponseShard {
	shards, err := repeat(ctx, cl, func(ctx context.Context) ([]kgo.ResponseShard, error) {
		return cl.RequestSharded(ctx, req), nil
	}, func(shards []kgo.ResponseShard, _ error) time.Duration {
		longest := time.Duration(0)
		for _, s := range shards {
			longest = max(longest, cl.patience(s.Resp, s.Err))
		}
		return longest
	})
	if shards == nil && err != nil {
		return []kgo.ResponseShard{{Req: req, Err: err}}
	}
	return shards
}

func ask[R kmsg.Response](ctx context.Context, cl *Client, send func(context.Context) (R, error)) (R, error) {
	return repeat(ctx, cl, send, func(resp R, err error) time.Duration { return cl.patience(resp, err) })
}

// repeat sends while patience says that an answer may get better within that time from the start.
func repeat[T any](ctx context.Context, cl *Client, send func(context.Context) (T, error), patience func(T, error) time.Duration) (T, error) {
	whole := ctx
	ctx, cancel := context.WithTimeout(whole, cl.apiTimeout)
	defer cancel()
	if cl.brokers != nil { // the check has its own patience, and names it
		if err := cl.brokers.wait(whole, cl.Client); err != nil {
			var none T
			return none, err
		}
	}
	began := time.Now()
	for {
		answer, err := send(ctx)
		if time.Since(began) >= patience(answer, err) {
			return answer, err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return answer, err
		}
	}
}

// leaderTime bounds how long a tool waits for the leader of a partition. An election takes less; a
// partition whose log directory is offline never gets one.
const leaderTime = 5 * time.Second

// Errors that pass by themselves. Those of leaders are waited for during leaderTime only.
var (
	passing = []protocol.Error{
		protocol.ErrCoordinatorLoadInProgress, protocol.ErrCoordinatorNotAvailable, protocol.ErrNotCoordinator,
		protocol.ErrNotController, protocol.ErrThrottlingQuotaExceeded, protocol.ErrRequestTimedOut,
		protocol.ErrNetworkException, protocol.ErrRebalanceInProgress, protocol.ErrUnstableOffsetCommit,
	}
	leaderless = []protocol.Error{
		protocol.ErrLeaderNotAvailable, protocol.ErrNotLeaderOrFollower, protocol.ErrFencedLeaderEpoch,
		protocol.ErrUnknownLeaderEpoch, protocol.ErrOffsetNotAvailable, protocol.ErrKafkaStorageError,
	}
)

// patience returns how long it is worth to ask again for another answer; 0 for a final one.
func (cl *Client) patience(resp kmsg.Response, err error) time.Duration {
	var codes []protocol.Error
	var code *kerr.Error
	switch {
	case errors.As(err, &code):
		codes = append(codes, protocol.Error(code.Code))
	case err == nil:
		codes = errorCodes(reflect.ValueOf(resp), codes)
	}
	longest := time.Duration(0)
	if disconnected(err) {
		longest = cl.apiTimeout // the broker may be starting
	}
	for _, c := range codes {
		if slices.Contains(passing, c) {
			longest = max(longest, cl.apiTimeout)
		}
		if slices.Contains(leaderless, c) {
			longest = max(longest, min(leaderTime, cl.apiTimeout))
		}
	}
	return longest
}

// errorCodes collects the error codes of an answer. Metadata and DescribeTopicPartitions describe
// partitions that have no leader, so the errors of their partitions are part of the answer.
func errorCodes(v reflect.Value, codes []protocol.Error) []protocol.Error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return errorCodes(v.Elem(), codes)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				codes = errorCodes(v.Index(i), codes)
			}
		}
	case reflect.Struct:
		if name := v.Type().Name(); strings.HasSuffix(name, "TopicPartition") && (strings.HasPrefix(name, "Metadata") || strings.HasPrefix(name, "DescribeTopicPartitions")) {
			return codes
		}
		for i := range v.NumField() {
			if f := v.Field(i); v.Type().Field(i).Name == "ErrorCode" && f.Kind() == reflect.Int16 {
				codes = append(codes, protocol.Error(f.Int()))
			} else {
				codes = errorCodes(f, codes)
			}
		}
	}
	return codes
}
