package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// badAddress is the error of a bootstrap server that is not HOST:PORT.
type badAddress struct{ address string }

func (e *badAddress) Error() string { return "Invalid url in bootstrap.servers: " + e.address }

// Plain implements tool.Plain.
func (e *badAddress) Plain() string {
	return fmt.Sprintf("%s is not the address of a server; the form is HOST:PORT, such as localhost:9092", e.address)
}

// WrongArgument implements tool.WrongArgument.
func (*badAddress) WrongArgument() bool { return true }

// unresolved is the error of a list of bootstrap servers of which no name has an address.
type unresolved struct {
	list string
	// cause is the failure of one name; nil for an empty list.
	cause error
}

func (e *unresolved) Error() string {
	return "No resolvable bootstrap urls given in bootstrap.servers"
}

// Plain implements tool.Plain.
func (e *unresolved) Plain() string {
	if e.cause == nil {
		return "no server is given; the form is HOST:PORT, such as localhost:9092"
	}
	why := e.cause.Error()
	if dns := new(net.DNSError); errors.As(e.cause, &dns) {
		why = dns.Err // without the address of the name server
	}
	return fmt.Sprintf("no address is known for %s: %s", e.list, why)
}

// WrongArgument implements tool.WrongArgument: an empty list is one.
func (e *unresolved) WrongArgument() bool { return e.cause == nil }

// Unwrap returns the failure of one name.
func (e *unresolved) Unwrap() error { return e.cause }

// lookupTime bounds one look-up of a name.
const lookupTime = 10 * time.Second

// resolvable returns the servers whose names have an address. While there is none it looks them up
// again until patience ends (bootstrap.resolve.timeout.ms; 0 means once).
func resolvable(e *tool.Env, servers []string, patience time.Duration) ([]string, error) {
	ctx, cancel := context.WithTimeout(e.Ctx(), patience)
	defer cancel()
	for try := 0; ; try++ {
		var good []string
		var cause error
		for _, s := range servers {
			err := lookup(e.Ctx(), s)
			if err == nil {
				good = append(good, s)
				continue
			}
			if try == 0 && (!e.Native() || len(servers) > 1) {
				host, _, _ := net.SplitHostPort(s)
				e.Warn("WARN Couldn't resolve server %s from bootstrap.servers as DNS resolution failed for %s", s, host)
			}
			cause = err
		}
		if len(good) > 0 {
			return good, nil
		}
		select {
		case <-ctx.Done():
			return nil, &unresolved{strings.Join(servers, ","), cause}
		case <-time.After(min(retryPause*10, patience)):
		}
	}
}

// lookup looks for an address of a server.
func lookup(ctx context.Context, server string) error {
	host, _, err := net.SplitHostPort(server)
	if err != nil || net.ParseIP(host) != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	_, err = net.DefaultResolver.LookupHost(ctx, host)
	return err
}
