package replsim

import (
	"bytes"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/vfs"
)

// node is one broker: a disk, and at most one process.
type node struct {
	w    *world
	id   int32
	disk *vfs.Mem
	life *life

	logs     *logmanager.Manager
	m        *replication.Manager
	registry *handlers.Registry
	// applied is the number of the last image that the process has applied.
	applied int
	// serving says that the process has opened its logs.
	serving bool
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// props are the settings of the brokers: short times and small segments.
var props = map[string]string{
	"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
	"listeners": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093", "log.dirs": "/data",
	"replica.lag.time.max.ms": "2000", "replica.socket.timeout.ms": "2000", "replica.fetch.wait.max.ms": "500", "replica.fetch.backoff.ms": "400",
	"replica.fetch.max.bytes": "2000", "replica.fetch.response.max.bytes": "8000",
	"log.flush.offset.checkpoint.interval.ms": "3000", "log.flush.start.offset.checkpoint.interval.ms": "3000",
	"replica.high.watermark.checkpoint.interval.ms": "1000", "log.initial.task.delay.ms": "500", "log.cleaner.enable": "false",
}

// start begins a process on the disk. It has the newest image when it opens its logs, as a broker
// that has caught up with the metadata log.
func (n *node) start() {
	w := n.w
	l := &life{w: w, began: w.now}
	n.life, n.serving, n.applied = l, false, len(w.controller.images)-1
	w.note("broker %d starts with image %d", n.id, n.applied)
	if err := n.open(l); err != nil {
		w.fail("start: broker %d: %v", n.id, err)
		return
	}
	n.serving = true
	w.schedule(l, time.Second, n.tick)
	w.schedule(l, w.between(10*time.Millisecond, 100*time.Millisecond), func() { w.controller.unfence(n.id) })
}

func (n *node) open(l *life) error {
	b, _, err := config.ParseMap(props)
	if err != nil {
		return err
	}
	dynamic := config.NewDynamic(b)
	var m *replication.Manager
	logs, err := logmanager.New(logmanager.Options{FS: n.disk, Dirs: []string{"/data"}, Config: logmanager.ConfigFrom(dynamic.Values()), Host: l, Logger: quiet,
		OnOffline: func(dir string, logs []*logmanager.Log, err error) {
			if !l.ended {
				n.w.fail("disk: broker %d: %v", n.id, err)
			}
			m.LogsFailed(dir, logs, err)
		}})
	if err != nil {
		return err
	}
	brokerEpoch := n.w.controller.epochs[n.id]
	m = replication.New(replication.Options{BrokerID: n.id, Logs: logs, Config: dynamic, Host: l, Controller: alterer{n, l}, Peers: peers{n, l},
		BrokerEpoch: func() int64 { return brokerEpoch }, Logger: n.logger()})
	n.logs, n.m = logs, m
	sessions := replication.NewSessions(10, l)
	n.registry = handlers.NewRegistry(handlers.Fetch(m, sessions), handlers.ListOffsets(m))
	if err := m.Start(n.image(), host.Millis(l), nil, nil); err != nil {
		return err
	}
	logs.Run()
	m.Run()
	return nil
}

// logger counts the lines about truncations and writes all lines into the trace.
func (n *node) logger() *slog.Logger {
	o := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	if n.w.trace != nil {
		o.Level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(lines{n}, o))
}

type lines struct{ n *node }

// Write implements io.Writer.
func (x lines) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("log is truncated")) {
		x.n.w.stats.Truncations++
	}
	x.n.w.note("broker %d: %s", x.n.id, b[:len(b)-1])
	return len(b), nil
}

func (n *node) image() *metadata.Image { return n.w.controller.images[n.applied] }

// up reports whether the broker serves.
func (n *node) up() bool { return n.life != nil && !n.life.ended && n.serving }

// learn applies the newest image.
func (n *node) learn() {
	c := n.w.controller
	if !n.serving || n.applied == len(c.images)-1 {
		return
	}
	d := metadata.NewDelta(n.image())
	for ; n.applied < len(c.images)-1; n.applied++ {
		for _, r := range c.records[n.applied] {
			if err := d.Replay(r); err != nil {
				n.w.fail("image: %v", err)
				return
			}
		}
	}
	image, err := d.Apply(c.images[n.applied].Offset(), 1)
	if err != nil {
		n.w.fail("image: %v", err)
		return
	}
	n.w.check.all()
	n.m.ApplyDelta(image, d, host.Millis(n.life))
	n.w.check.all()
}

// tick is the periodic work of a broker.
func (n *node) tick() {
	n.logs.Tick(host.Millis(n.life))
	n.m.Tick(host.ElapsedMillis(n.life))
	n.w.check.all()
	n.w.schedule(n.life, 500*time.Millisecond, n.tick)
}

// end ends the process at once. keep is the chance of each unsynced write to be on the disk: 1 for
// a killed process, less for a power cut.
func (n *node) end(keep float64) {
	w := n.w
	w.check.all()
	n.life.ended, n.serving = true, false
	n.disk = n.disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(w.rng.Uint64(), 1)), Keep: keep, Block: 512})
	w.breakLinks(n.life)
	w.note("broker %d ends, keep %.2f", n.id, keep)
	n.logs, n.m, n.registry = nil, nil, nil
	life := n.life
	w.after(w.between(20*time.Millisecond, 500*time.Millisecond), func() {
		if n.life == life && w.controller.live[n.id] {
			w.controller.fence(n.id)
		}
	})
}

// restart begins another process on the disk.
func (n *node) restart() {
	n.w.controller.register(n.id)
	n.start()
}
