package server

import (
	"context"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// stopSignals returns a context that ends at the first SIGTERM or SIGINT, except a signal that the
// process has ignored since its start (nohup, a shell's background). From one second later on,
// another SIGINT ends the process at once. An earlier one has no effect, because one Ctrl-C often
// arrives twice, from the terminal and from a program in between. Further SIGTERMs have no effect,
// because scripts send the signal more than once.
//
// From here on a broken pipe at standard output is an error of the write, as in a JVM, and not the
// end of the process: Ctrl-C ends the reader of "gregor | tee log" first, and the broker still
// stops in good order.
func stopSignals() (context.Context, context.CancelFunc) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := signal.NotifyContext(context.Background(), notIgnored(syscall.SIGTERM, os.Interrupt)...)
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, func() { signal.Reset(os.Interrupt) }) })
	return ctx, cancel
}

func notIgnored(signals ...os.Signal) (wanted []os.Signal) {
	for _, s := range signals {
		if !signal.Ignored(s) {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// serveSignals handles the signals that do not stop the process, until the caller calls release.
// SIGHUP opens the log file again, for programs such as logrotate that rename it. SIGQUIT writes
// the stacks of all goroutines to the log, as a JVM writes its threads.
func serveSignals(logs *telemetry.Logs, file *telemetry.LogFile) (release func()) {
	wanted := notIgnored(quitSignals...)
	if len(wanted) == 0 {
		return func() {}
	}
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, wanted...)
	go func() {
		for {
			select {
			case s := <-signals:
				handleSignal(s, logs, file)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

func handleSignal(s os.Signal, logs *telemetry.Logs, file *telemetry.LogFile) {
	if s != syscall.SIGHUP {
		logs.Dump("server", "SIGQUIT: full goroutine dump", stacks())
		return
	}
	log := logs.Component("server")
	if file == nil {
		log.Info("SIGHUP: the log goes to standard output, so there is no file to open again")
		return
	}
	if err := file.Reopen(); err != nil {
		log.Error("SIGHUP: cannot open the log file again", "error", err)
		return
	}
	log.Info("SIGHUP: the log file was opened again")
}

// stacksMax bounds the text of all stacks in bytes.
const stacksMax = 16 << 20

// stacks returns the stacks of all goroutines.
func stacks() []byte {
	buf := make([]byte, 1<<20)
	n := runtime.Stack(buf, true)
	for n == len(buf) && len(buf) < stacksMax {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	return buf[:n]
}

// notifySystemd sends the service manager a state (sd_notify(3)), for units of Type=notify. Without
// such a manager it does nothing.
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
