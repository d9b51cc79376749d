package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// reply is one line of a driver: a word and named values.
type reply struct {
	word   string
	values url.Values
}

// driver is a running program that drives one client. It reads requests `word?name=value&...` line
// by line on its standard input. It answers on its standard output with lines that begin with `@`.
// An answer ends with `@ok`, `@fail?error=` or `@lacking?why=`. All other output goes to the log.
type driver struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan reply // closed when the driver has ended
}

// lacking is the answer of a client that does not have the feature.
type lacking string

func (l lacking) Error() string { return string(l) }

var errEnded = errors.New("the driver ended")

// start runs a driver in a process group of its own, so that a kill also ends its child processes.
func start(command []string, log io.Writer) (*driver, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &driver{cmd: cmd, in: in, lines: make(chan reply, 4096)}
	go d.read(out, log)
	return d, nil
}

func (d *driver) read(out io.Reader, log io.Writer) {
	defer close(d.lines)
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 1<<16), 1<<24)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "@")
		if !ok {
			fmt.Fprintln(log, lines.Text())
			continue
		}
		word, rest, _ := strings.Cut(text, "?")
		values, err := url.ParseQuery(rest)
		if err != nil {
			word, values = "fail", url.Values{"error": {"cannot read the driver's line: " + err.Error()}}
		}
		d.lines <- reply{word, values}
	}
}

// ask sends one request and collects the lines of its answer.
func (d *driver) ask(limit time.Duration, request string, more ...string) ([]reply, error) {
	text := request + "\n" + strings.Join(append(more, ""), "\n")
	if _, err := io.WriteString(d.in, text); err != nil {
		return nil, errEnded
	}
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	var out []reply
	for {
		select {
		case r, ok := <-d.lines:
			switch {
			case !ok:
				return out, errEnded
			case r.word == "ok":
				return out, nil
			case r.word == "fail":
				return out, errors.New(r.values.Get("error"))
			case r.word == "lacking":
				return out, lacking(r.values.Get("why"))
			}
			out = append(out, r)
		case <-timeout.C:
			return out, fmt.Errorf("no answer in %v (%d lines so far)", limit, len(out))
		}
	}
}

// kill ends the driver and its child processes by kill -9.
func (d *driver) kill() {
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	for range d.lines { // until the pipe is closed
	}
	_ = d.cmd.Wait()
}

// stop closes the driver's input, which asks it to end, and kills the driver when it does not.
func (d *driver) stop(limit time.Duration) (clean bool) {
	d.in.Close()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for {
		select {
		case _, ok := <-d.lines:
			if !ok {
				_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
				return d.cmd.Wait() == nil
			}
		case <-timeout.C:
			d.kill()
			return false
		}
	}
}

// logFile opens the file for the output of a client's drivers.
func logFile(dir, client string) (*os.File, error) {
	return os.Create(dir + "/" + client + ".log")
}
