package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Error is an error that a broker answered. Its text is the broker's, or the error code's where the
// broker sent none.
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

// noBroker is the error of a call that no broker answered in time.
type noBroker struct {
	// kafka is the text of Kafka's clients.
	kafka  string
	waited time.Duration
}

func (e *noBroker) Error() string { return e.kafka }

// Exception implements tool.Exception.
func (e *noBroker) Exception() string { return JavaClass(protocol.ErrRequestTimedOut) + ": " + e.kafka }

// Plain implements tool.Plain.
func (e *noBroker) Plain() string {
	if e.waited == 0 {
		return "no broker answered in time; 'gregor server' starts one, --bootstrap-server names another cluster"
	}
	return fmt.Sprintf("no broker answered within %s; 'gregor server' starts one, --bootstrap-server names another cluster", e.waited)
}

// NoBroker reports whether err, which Unreachable has worded, says that no broker answered the
// call.
func NoBroker(err error) bool { return errors.As(err, new(*noBroker)) || NotBroker(err) }

// Unreachable words the failure of a whole call as Kafka's admin client does. An error that a
// broker answered keeps its text.
func Unreachable(call string, err error) error {
	var own *Error
	var code *kerr.Error
	var silent *noBroker
	switch {
	case err == nil, errors.As(err, &own), NotBroker(err), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &code):
		return Err(code.Code, nil)
	case errors.As(err, &silent):
		return &noBroker{kafka: "Timed out waiting for a node assignment. Call: " + call, waited: silent.waited}
	case errors.Is(err, context.DeadlineExceeded), disconnected(err):
		return &noBroker{kafka: "Timed out waiting for a node assignment. Call: " + call}
	}
	return fmt.Errorf("%s failed: %w", call, err)
}

// disconnected reports whether a connection could not be opened, or broke. Kafka's clients try
// again after that.
func disconnected(err error) bool {
	return errors.As(err, new(*net.OpError)) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
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
