// Package broker starts and stops the two brokers of the comparison, and reads their resource use
// from /proc.
package broker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Broker is a broker process to measure.
type Broker struct {
	// Kind is "gregor" or "kafka".
	Kind string
	Addr string
	// Dir is the data directory.
	Dir   string
	Pid   int
	props []string
	root  string
	port  int
	cmd   *exec.Cmd
	log   *os.File
}

// New describes a broker. root is the repository. props are key=value lines for both brokers.
func New(kind, root, work string, port int, props ...string) *Broker {
	return &Broker{Kind: kind, root: root, port: port, Addr: fmt.Sprintf("127.0.0.1:%d", port), Dir: filepath.Join(work, kind), props: props}
}

// Start starts the process on its data directory and returns the time from exec to the first
// ApiVersions answer. The time does not include the formatting of Kafka's directory.
func (b *Broker) Start() (time.Duration, error) {
	if err := os.MkdirAll(b.Dir, 0o755); err != nil {
		return 0, err
	}
	if b.Kind == "kafka" {
		return b.startKafka()
	}
	conf := filepath.Join(b.Dir, "..", "gregor.properties")
	text := fmt.Sprintf("process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d\nadvertised.listeners=PLAINTEXT://127.0.0.1:%d\ncontroller.listener.names=CONTROLLER\ncontroller.quorum.voters=1@127.0.0.1:%d\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=%s\noffsets.topic.replication.factor=1\ngroup.initial.rebalance.delay.ms=0\nstorage.format.on.start=true\n%s\n",
		b.port, b.port+1, b.port, b.port+1, b.Dir, strings.Join(b.props, "\n"))
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		return 0, err
	}
	log, err := os.OpenFile(filepath.Join(b.Dir, "..", "gregor.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	b.log = log
	b.cmd = exec.Command(filepath.Join(b.root, "bin", "gregor"), "server", conf)
	b.cmd.Stdout, b.cmd.Stderr = log, log
	began := time.Now()
	if err := b.cmd.Start(); err != nil {
		return 0, err
	}
	b.Pid = b.cmd.Process.Pid
	if err := b.await(2 * time.Minute); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}

func (b *Broker) startKafka() (time.Duration, error) {
	node := filepath.Join(b.root, "test", "peer", "kafka-node")
	args := []string{"start", "bench", "--port", strconv.Itoa(b.port), "--dir", b.Dir}
	cmd := exec.Command(node, append(args, b.props...)...)
	// The script formats a new directory first. The measurement begins with the broker's own
	// process.
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	pid, err := exec.Command(node, "pid", "bench").Output()
	if err != nil {
		return 0, err
	}
	b.Pid, err = strconv.Atoi(strings.TrimSpace(string(pid)))
	if err != nil {
		return 0, err
	}
	if err := b.await(2 * time.Minute); err != nil {
		return 0, err
	}
	return sinceStart(b.Pid)
}

// sinceStart returns the time since the start of the process, by the kernel's clock (10 ms steps).
func sinceStart(pid int) (time.Duration, error) {
	f, err := stat(pid)
	if err != nil {
		return 0, err
	}
	ticks, err := strconv.ParseFloat(f[19], 64)
	if err != nil {
		return 0, err
	}
	up, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	now, err := strconv.ParseFloat(strings.Fields(string(up))[0], 64)
	return time.Duration((now - ticks/100) * float64(time.Second)), err
}

// await polls until the broker answers ApiVersions.
func (b *Broker) await(limit time.Duration) error {
	frame := []byte{0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff}
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		c, err := net.DialTimeout("tcp", b.Addr, time.Second)
		if err == nil {
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			_, err = c.Write(frame)
			if err == nil {
				_, err = c.Read(make([]byte, 1))
			}
			_ = c.Close()
			if err == nil {
				return nil
			}
		}
		time.Sleep(500 * time.Microsecond)
	}
	return errors.New(b.Kind + " does not answer")
}

// Stop stops the process by SIGTERM.
func (b *Broker) Stop() error { return b.signal(syscall.SIGTERM, "stop") }

// Kill ends the process with SIGKILL.
func (b *Broker) Kill() error { return b.signal(syscall.SIGKILL, "kill") }

func (b *Broker) signal(sig syscall.Signal, verb string) error {
	if b.Pid == 0 {
		return nil
	}
	defer func() { b.Pid = 0 }()
	if b.Kind == "kafka" {
		return exec.Command(filepath.Join(b.root, "test", "peer", "kafka-node"), verb, "bench").Run()
	}
	defer b.log.Close()
	if err := syscall.Kill(b.Pid, sig); err != nil {
		return err
	}
	_ = b.cmd.Wait()
	return nil
}

// Wipe removes the data directory of a stopped broker.
func (b *Broker) Wipe() error {
	if b.Kind == "kafka" {
		_ = exec.Command(filepath.Join(b.root, "test", "peer", "kafka-node"), "wipe", "bench").Run()
	}
	return os.RemoveAll(b.Dir)
}
