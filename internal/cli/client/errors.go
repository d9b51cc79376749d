package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Error is an error that a broker answered. Its text is the broker's, or the error code's where the broker sent none.
type Error struct {
	Code protocol.Error
	Text string
}

func (e *Error) Error() string { return e.Text }

// Unwrap returns the error code.
func (e *Error) Unwrap() error { return e.Code }

// Exception implements tool.Exception.
func (e *Error) Exception() string { return JavaClass(e.Code) + ": " + e.Text }

// Err returns the error of an answer, nil for code 0.
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

// Unreachable words the failure of a whole call as Kafka's admin client does. An error that a broker answered stays as it is.
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

// Supports reports whether the cluster serves an API.
func Supports(ctx context.Context, cl *Client, key int16) (bool, error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "gregor", "1"
	resp, err := Ask(ctx, cl, req)
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
