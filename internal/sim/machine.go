package sim

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/handlers"
)

// machine is the computer that the node runs on. It outlives the node's processes.
type machine struct {
	w     *World
	disk  *disk
	props map[string]string

	life  *life
	node  *broker.Node
	front *front
	// serving means that the node of this life has called started without an error.
	serving bool
	// upSince is the time at which the node began to serve.
	upSince time.Duration
	lives   int
	// stopping means that a clean stop is in progress.
	stopping bool
	// powerLost runs after a power cut has dropped the unsynced writes.
	powerLost func()
	// killed runs after a kill.
	killed func()
	logger func(component string) *slog.Logger
	// served are the APIs of the node by key. The first life that serves sets it.
	served map[int16]handlers.API
	// answered counts the answers that a client has received, by API and version.
	answered map[versioned]int
}

// versioned is one version of an API.
type versioned struct{ key, version int16 }

// api returns the versions that the node serves. ok is false before the node has served.
func (m *machine) api(key int16) (a handlers.API, ok bool) {
	a, ok = m.served[key]
	return a, ok
}

// learnAPIs remembers the APIs of the node.
func (m *machine) learnAPIs() {
	if m.served != nil {
		return
	}
	m.served = map[int16]handlers.API{}
	for _, a := range m.node.Registry().Served() {
		m.served[a.Key] = a
	}
}

// baseProps are the settings of every simulated node: small segments and short pauses, so that
// rolls, retention, compaction, snapshots and expiry happen within minutes.
func baseProps() map[string]string {
	return map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093", "log.dirs": "/data",
		"offsets.topic.replication.factor": "1", "offsets.topic.num.partitions": "3", "offsets.topic.segment.bytes": "1048576",
		"group.initial.rebalance.delay.ms": "100", "auto.create.topics.enable": "false",
		"log.index.interval.bytes": "1024", "log.retention.check.interval.ms": "20000",
		"log.initial.task.delay.ms": "1000", "log.cleaner.backoff.ms": "3000", "log.cleaner.min.cleanable.ratio": "0.1",
		"log.flush.offset.checkpoint.interval.ms": "5000", "log.flush.start.offset.checkpoint.interval.ms": "5000",
		"log.segment.delete.delay.ms": "2000", "log.cleaner.delete.retention.ms": "60000", "log.roll.ms": "600000",
		"metadata.log.max.record.bytes.between.snapshots": "4000", "metadata.log.segment.bytes": "8388608",
	}
}

func newMachine(w *World, props map[string]string) *machine {
	m := &machine{w: w, disk: newDisk(w), props: baseProps(), answered: map[versioned]int{}}
	maps.Copy(m.props, props)
	return m
}

// start begins a life. A node must serve within startLimit unless a fault ends the life before.
func (m *machine) start() {
	m.lives++
	l := &life{w: m.w, began: m.w.now, names: map[string]int{}, onEnd: func() { m.died() }}
	m.life, m.serving, m.stopping = l, false, false
	m.front = &front{m: m, life: l}
	cfg, _, err := config.ParseMap(m.props)
	if err != nil {
		m.w.fail("configuration: %v", err)
		return
	}
	m.w.trace.Add(m.w.now, "start")
	m.node = broker.New(broker.Options{Config: cfg, FS: m.disk.mount(l), Host: l, FrontEnd: m.front, ClusterID: "simulated", Logger: m.logger})
	m.w.schedule(l, 0, "begin", func() { m.node.Begin(func(err error) { m.started(l, err) }) })
	m.w.schedule(l, startLimit, "start limit", func() { m.checkStart(l) })
}

// checkStart fails the run when the node does not serve startLimit after its start, or after the
// last pause or want of descriptors.
func (m *machine) checkStart(l *life) {
	if m.serving || m.stopping {
		return
	}
	if due := max(l.began, l.pausedUntil, m.disk.scarceUntil) + startLimit; m.w.now < due {
		m.w.schedule(l, due-m.w.now, "start limit", func() { m.checkStart(l) })
		return
	}
	m.w.fail("liveness: the node does not serve %v after its start", startLimit)
}

// startLimit bounds the time from a start to the first answer, in simulated time.
const startLimit = 10 * time.Second

func (m *machine) started(l *life, err error) {
	if l.ended || l.dying {
		return
	}
	if err == nil {
		m.serving, m.upSince = true, m.w.now
		m.w.trace.Add(m.w.now, "serving")
		return
	}
	if m.w.now < m.disk.scarceUntil { // no file descriptor: the operator starts the node again
		m.w.trace.Add(m.w.now, "start failed for want of descriptors")
		m.node.BeginStop(func() { l.end() })
		return
	}
	m.w.fail("start: the node does not start after life %d: %v", m.lives-1, err)
}

// died runs at the end of a life, whatever its cause. The machine starts the next life.
func (m *machine) died() {
	m.serving = false
	m.w.trace.Add(m.w.now, "down")
	m.front.drop()
	m.w.after(m.w.between(10*time.Millisecond, 2*time.Second), "boot", m.start)
}

// cutPower drops the unsynced writes, now or inside one of the next changes of the disk.
func (m *machine) cutPower(keep float64, inOps int) {
	m.disk.keep, m.disk.powerLost = keep, m.powerLost
	if inOps > 0 {
		m.disk.cutAt = inOps
		return
	}
	m.disk.cut()
	m.life.end()
}

// kill ends the process. All its writes reach the disk.
func (m *machine) kill() {
	m.disk.keep, m.disk.powerLost = 1, m.killed
	m.disk.cut()
	m.life.end()
}

// restart stops the node cleanly.
func (m *machine) restart() {
	if m.stopping || !m.serving {
		return
	}
	m.stopping = true
	l, n := m.life, m.node
	m.w.schedule(l, 0, "stop", func() {
		n.BeginStop(func() {
			if err := n.Err(); err != nil && err.Error() != "stopped" {
				m.w.fail("stop: %v", err)
			}
			m.checkClosed(l)
			if m.w.chance(3) {
				// The power fails before the next start. A clean stop has synced all files, so it
				// loses nothing.
				m.w.trace.Add(m.w.now, "fault: power cut after the stop")
				m.disk.keep, m.disk.powerLost = 0, m.powerLost
				m.disk.cut()
			}
			l.end()
		})
	})
	m.w.schedule(l, 30*time.Second, "hurry", n.Hurry)
	m.w.schedule(l, 60*time.Second, "stop limit", func() { m.w.fail("liveness: a clean stop takes more than a minute") })
}

// checkClosed checks that a node that has stopped cleanly has closed its files. A directory that
// goes offline keeps the files of its logs open until the end of the process, so a life with a
// failed disk is not checked.
func (m *machine) checkClosed(l *life) {
	if l.open > 0 && !m.failing() {
		m.w.fail("resources: %d files are open after a clean stop, one of them is %s", l.open, slices.Sorted(maps.Keys(l.names))[0])
	}
}

// pause stops the process for a while, as SIGSTOP does.
func (m *machine) pause(d time.Duration) { m.life.pausedUntil = m.w.now + d }

// front is the node's front end: calls instead of sockets.
type front struct {
	m    *machine
	life *life
	open bool
	// conns are the connections of this life, in the order in which they began.
	conns []*conn
}

// Bind implements broker.FrontEnd.
func (f *front) Bind() error { return nil }

// Bound implements broker.FrontEnd.
func (f *front) Bound(string) (broker.Address, bool) {
	return broker.Address{IP: "127.0.0.1", Port: 9092}, true
}

// ServeControllers implements broker.FrontEnd. The only node has no other controller.
func (f *front) ServeControllers() {}

// Serve implements broker.FrontEnd.
func (f *front) Serve() {
	f.open = true
	f.m.learnAPIs()
}

// SetLimits implements broker.FrontEnd.
func (f *front) SetLimits(*config.Values) {}

// CloseListeners implements broker.FrontEnd.
func (f *front) CloseListeners() { f.open = false }

// Stop implements broker.FrontEnd. It ends the waits of pending requests and waits for their
// answers.
func (f *front) Stop(_ context.Context, stopped func()) {
	for _, c := range f.conns {
		c.abandon()
	}
	f.m.w.schedule(f.life, time.Second, "front end stopped", func() {
		f.drop()
		stopped()
	})
}

// drop closes all connections.
func (f *front) drop() {
	f.open = false
	conns := f.conns
	f.conns = nil
	for _, c := range conns {
		c.lost()
	}
}
