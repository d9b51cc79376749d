package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// server is the broker's process. One goroutine uses it.
type server struct {
	bin, dir, addr string
	cmd            *exec.Cmd
	exited         chan struct{} // closed when the process has ended
	err            error         // the reason, after exited
	log            *os.File
}

// Small segments and short delays: rolls, retention, compaction, checkpoints, snapshots and
// deletions happen all the time.
const properties = `process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://%s,CONTROLLER://%s
controller.listener.names=CONTROLLER
log.dirs=%s
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
offsets.topic.segment.bytes=1048576
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.initial.task.delay.ms=50
log.retention.check.interval.ms=150
log.segment.delete.delay.ms=200
log.cleaner.backoff.ms=100
log.cleaner.min.cleanable.ratio=0.05
log.flush.offset.checkpoint.interval.ms=300
log.flush.start.offset.checkpoint.interval.ms=300
replica.high.watermark.checkpoint.interval.ms=300
metadata.log.max.record.bytes.between.snapshots=20000
metadata.log.max.snapshot.interval.ms=1500
`

func newServer(bin, dir string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	control, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{bin: bin, dir: dir, addr: addr}
	text := fmt.Sprintf(properties, addr, control, filepath.Join(dir, "data"))
	if err := os.WriteFile(filepath.Join(dir, "server.properties"), []byte(text), 0o644); err != nil {
		return nil, err
	}
	s.log, err = os.OpenFile(filepath.Join(dir, "broker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return s, err
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *server) start() error {
	cmd := exec.Command(s.bin, "server", filepath.Join(s.dir, "server.properties"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, s.log, s.log
	dieWithParent(cmd)
	fmt.Fprintf(s.log, "---- start %s\n", time.Now().Format(time.RFC3339Nano))
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.exited, s.err = cmd, make(chan struct{}), nil
	go func(exited chan struct{}) {
		err := cmd.Wait()
		s.err = err
		close(exited)
	}(s.exited)
	return nil
}

// ready returns when the broker answers. It returns a violation when the broker does not within the
// limit.
func (s *server) ready(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.addr), kgo.RetryBackoffFn(func(int) time.Duration { return 5 * time.Millisecond }))
	if err != nil {
		return err
	}
	defer cl.Close()
	for {
		if err = cl.Ping(ctx); err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return broken("start", "broker", "it ended by itself: %v\n%s", s.err, s.tail())
		case <-ctx.Done():
			return broken("start", "broker", "no answer within %v: %v\n%s", limit, err, s.tail())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// alive returns a violation when the process has ended by itself.
func (s *server) alive() error {
	select {
	case <-s.exited:
		return broken("start", "broker", "it ended by itself: %v\n%s", s.err, s.tail())
	default:
		return nil
	}
}

// kill ends the process as kill -9 does.
func (s *server) kill() error {
	if err := s.alive(); err != nil {
		return err
	}
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	<-s.exited
	fmt.Fprintf(s.log, "---- killed %s\n", time.Now().Format(time.RFC3339Nano))
	return nil
}

// stop sends SIGTERM. Any result but exit code 0 within the limit is a violation.
func (s *server) stop(limit time.Duration) error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.exited:
		if s.err != nil {
			return broken("start", "broker", "SIGTERM ended with %v\n%s", s.err, s.tail())
		}
		return nil
	case <-time.After(limit):
		return broken("stuck", "broker", "SIGTERM has no effect within %v", limit)
	}
}

// tail returns the end of the broker's log.
func (s *server) tail() string {
	b, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return "  | " + strings.Join(lines[max(0, len(lines)-40):], "\n  | ")
}
