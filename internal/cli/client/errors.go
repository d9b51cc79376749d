package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Error is what a broker answered, with the text that Kafka's tools print: the broker's own, or else the code's.
type Error struct {
	Code protocol.Error
	Text string
}

func (e *Error) Error() string { return e.Text }

// Unwrap is the code.
func (e *Error) Unwrap() error { return e.Code }

// Err is the error of an answer, nil for code 0.
func Err(code int16, message *string) error {
	if code == 0 {
		return nil
	}
	e := &Error{Code: protocol.Error(code), Text: protocol.Error(code).Message()}
	if message != nil && *message != "" {
		e.Text = *message
	}
	return e
}

// Unreachable words the failure of a whole call as Kafka's admin client does.
func Unreachable(call string, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("Timed out waiting for a node assignment. Call: %s", call)
	}
	return fmt.Errorf("%s failed: %w", call, err)
}

// Supports tells whether the cluster serves an API.
func Supports(ctx context.Context, cl *kgo.Client, key int16) (bool, error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "gregor", "1"
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return false, err
	}
	if err := Err(resp.ErrorCode, nil); err != nil {
		return false, err
	}
	for _, k := range resp.ApiKeys {
		if k.ApiKey == key {
			return true, nil
		}
	}
	return false, nil
}
