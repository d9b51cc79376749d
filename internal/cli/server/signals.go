package server

import (
	"context"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopSignals is a context that ends at the first SIGTERM, SIGINT or SIGHUP, except those that the process was started to
// ignore (nohup, a shell's background). A moment later SIGINT gets its ordinary effect back, so that a second one ends the
// process at once: not sooner, because one Ctrl-C often comes twice, from the terminal and from a program in between.
// SIGTERM has no further effect, since scripts send it more than once.
func stopSignals() (context.Context, context.CancelFunc) {
	var wanted []os.Signal
	for _, s := range []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			wanted = append(wanted, s)
		}
	}
	ctx, cancel := signal.NotifyContext(context.Background(), wanted...)
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, func() { signal.Reset(os.Interrupt) }) })
	return ctx, cancel
}

// notifySystemd tells the service manager a state (sd_notify(3)), for units of Type=notify. Nobody listening is the rule.
func notifySystemd(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte(state))
}
