package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/vfs"
)

// readyFD is the descriptor on which a background process reports to its parent that it serves.
// envReady announces it.
const (
	readyFD  = 3
	envReady = "GREGOR_READY_FD"
)

// startPatience bounds the wait of -daemon for the broker. A broker with a long recovery continues
// in the background.
const startPatience = 10 * time.Second

// daemonize starts the server again in the background: in a session of its own, with its log in
// server.log and its other output in kafkaServer.out, as Kafka's script does. Unlike that script it
// waits until the broker serves or reports its error.
func (p *process) daemonize(a arguments) int {
	dir, err := p.logDir()
	if err != nil {
		return p.failed(nil, err)
	}
	pid, err := p.startDaemon(a, dir)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		fmt.Fprintf(p.stdout, "process %d is still starting; its log is %s\n", pid, filepath.Join(dir, serverLog))
	case err != nil:
		return p.failed(nil, err)
	default:
		fmt.Fprintf(p.stdout, "process %d serves; its log is %s\n", pid, filepath.Join(dir, serverLog))
	}
	return 0
}

const (
	serverLog  = "server.log"
	consoleOut = "kafkaServer.out"
)

func (p *process) startDaemon(a arguments, dir string) (pid int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	if err := p.precheck(a); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(filepath.Join(dir, consoleOut), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return 0, noLogDir(err)
	}
	defer out.Close()
	before, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	hear, tell, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer hear.Close()
	cmd := exec.Command(self, a.again()...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles, cmd.SysProcAttr = out, out, []*os.File{tell}, detached()
	cmd.Env = append(p.env, fmt.Sprintf("%s=%d", envReady, readyFD))
	if p.getenv(envLogFile) == "" {
		cmd.Env = append(cmd.Env, envLogFile+"="+filepath.Join(dir, serverLog))
	}
	err = cmd.Start()
	tell.Close()
	if err != nil {
		return 0, err
	}
	if err := hear.SetReadDeadline(time.Now().Add(startPatience)); err != nil {
		return cmd.Process.Pid, err
	}
	report, err := io.ReadAll(hear)
	if errors.Is(err, os.ErrDeadlineExceeded) || string(report) == ready {
		return cmd.Process.Pid, err
	}
	_ = cmd.Wait()
	if len(report) > 0 {
		return 0, errors.New(string(report))
	}
	// The process ended without a report on the pipe. Its output has the reason.
	return 0, lastWords(out, before)
}

func noLogDir(err error) error {
	return fmt.Errorf("the log cannot be written: %w; set LOG_DIR to a folder that this user may write to", err)
}

// precheck finds the errors that the background process would find at its start: an invalid
// configuration, and data or addresses that another broker uses. The background process would write
// them into the log of that broker, if both have the same working folder.
func (p *process) precheck(a arguments) error {
	cfg, err := p.configure(a, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for _, dir := range cfg.LogDirs() {
		if _, err := os.Stat(filepath.Join(dir, ".lock")); err != nil {
			continue // a new directory
		}
		lock, err := logmanager.LockDir(vfs.OS(), dir)
		if errors.Is(err, vfs.ErrLocked) {
			return err
		}
		if err == nil {
			_ = lock.Close()
		}
	}
	return broker.CheckAddresses(cfg)
}

const ready = "ready\n"

// report writes the outcome of the start to a parent that waits in startDaemon: ready, or an error.
// It returns false when no parent waits. A broker in the foreground has no such parent.
func (p *process) report(outcome string) bool {
	if p.getenv(envReady) == "" || p.reported {
		return false
	}
	p.reported = true
	f := os.NewFile(readyFD, "ready")
	_, err := io.WriteString(f, outcome)
	_ = f.Close()
	return err == nil
}

// logDir returns the folder of Kafka's script for logs: $LOG_DIR, or logs beside the script's
// folder bin. Under gregor's own name it is the working folder.
func (p *process) logDir() (string, error) {
	dir := p.getenv("LOG_DIR")
	if dir == "" {
		dir = "logs"
		if path, err := exec.LookPath(p.program); err == nil && kafkaName(p.program) {
			if bin := filepath.Dir(path); filepath.Base(bin) == "bin" {
				dir = filepath.Join(filepath.Dir(bin), "logs")
			}
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", noLogDir(err)
	}
	return dir, nil
}

// lastWords returns the last line that a process wrote to f after an offset, without the program's
// name.
func lastWords(f *os.File, from int64) error {
	text, err := io.ReadAll(io.NewSectionReader(f, from, 1<<20))
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := strings.TrimPrefix(lines[len(lines)-1], "gregor: "); last != "" {
		return errors.New(last)
	}
	return errors.New("the broker ended without a word")
}
