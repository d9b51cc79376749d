package broker

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/logmanager"
)

// Err is the reason why the node stopped: nil while it runs, ErrStopped after a clean stop, ErrKilled after Kill.
func (n *Node) Err() error {
	if p := n.failure.Load(); p != nil {
		return *p
	}
	return nil
}

var (
	// ErrStopped says that BeginStop stopped the node.
	ErrStopped = errors.New("stopped")
	// ErrKilled says that BeginKill stopped the node.
	ErrKilled = errors.New("killed")
)

// fail ends a node that cannot go on. It returns at once: the owner of the node sees Done and calls Stop.
func (n *Node) fail(err error) {
	if !n.failure.CompareAndSwap(nil, &err) {
		return
	}
	n.log.Error("the broker cannot go on", "error", err)
	close(n.done)
	n.life.report(err)
	n.closeDoorsSoon()
}

// dirFailed is called when a log directory goes offline, and when a log is damaged.
func (n *Node) dirFailed(dir string, logs []*logmanager.Log, err error) {
	if n.replicas != nil {
		n.replicas.LogsFailed(dir, logs, err)
	}
	for _, d := range n.logs.Dirs() {
		if d.Err() == nil {
			n.compareDirs()
			return
		}
	}
	n.fail(fmt.Errorf("all log directories have failed: %w", err))
}

// BeginStop takes the node down and returns at once. The node leaves the cluster, answers the
// requests under way, syncs and closes its logs and writes the marker of a clean stop; then stopped
// is called. Hurry cuts the waiting short.
func (n *Node) BeginStop(stopped func()) {
	if !n.life.leave(stopped) {
		return
	}
	r := &n.registration
	if n.Err() != nil || !isClosed(n.ready) || r.epoch.Load() < 0 || !n.opts.Config.Bool("controlled.shutdown.enable") {
		n.closeDoorsSoon()
		return
	}
	// The controller moves leaders away before the broker goes. heard and Hurry go on from here.
	r.leaving.Store(true)
	r.nudge()
}

// BeginKill takes the node down as the end of its process would: it answers nothing, syncs nothing
// and leaves no marker of a clean stop. It returns at once; stopped is called when the node is down.
func (n *Node) BeginKill(stopped func()) {
	if n.failure.CompareAndSwap(nil, &ErrKilled) {
		close(n.done)
	}
	n.BeginStop(stopped)
	n.Hurry()
}

// Hurry ends the patience of a stop: the node no longer waits for the controller, nor for requests under way.
func (n *Node) Hurry() {
	n.life.hurry()
	n.closeDoorsSoon()
}

// closeDoorsSoon goes on with a stop that has begun. It may be called by engines that the stop closes.
func (n *Node) closeDoorsSoon() {
	if n.life.close() {
		n.host.Go(n.closeDoors)
	}
}

// closeDoors lets no request in any more and answers those under way.
func (n *Node) closeDoors() {
	n.front.CloseListeners()
	n.unloadCoordinators()
	n.front.Stop(n.life.patience, func() { n.host.Go(n.closeEngines) })
}

func (n *Node) closeEngines() {
	clean := n.Err() == nil
	n.heartbeats.Close()
	n.ticks.Close()
	n.publisher.Close()
	n.publications.close(nil)
	n.closeCoordinators()
	if n.replicas != nil {
		n.replicas.Stop()
	}
	if n.quorum != nil {
		if err := n.quorum.Close(); err != nil {
			n.log.Error("cannot close the metadata log", "error", err)
		}
	}
	if n.logs != nil {
		n.logs.Stop(clean && n.loaded, n.registration.epoch.Load())
	}
	if n.metadataLock != nil {
		_ = n.metadataLock.Close()
	}
	if n.failure.CompareAndSwap(nil, &ErrStopped) {
		close(n.done)
	}
	n.life.end()
}
