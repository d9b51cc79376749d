package broker

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/logmanager"
)

// Err returns the reason why the node stopped: nil while it runs, ErrStopped after a clean stop,
// ErrKilled after Kill.
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

// fail stops a node that cannot continue. It returns at once. The owner of the node sees Done, and
// its call of Stop waits for the end.
func (n *Node) fail(err error) {
	if !n.failure.CompareAndSwap(nil, &err) {
		return
	}
	n.log.Error("the broker cannot go on", "error", err)
	close(n.done)
	n.life.report(err)
	n.BeginStop(func() {})
	// A client that does not read, or a controller that has failed, must not hold up the stop.
	n.Hurry()
}

// dirFailed handles a log directory that goes offline, and a damaged log.
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

// BeginStop stops the node and returns at once. The node leaves the cluster, answers the pending
// requests, syncs and closes its logs, writes the clean-shutdown marker, and then calls stopped.
// Hurry shortens the waits.
func (n *Node) BeginStop(stopped func()) {
	if !n.life.leave(stopped) {
		return
	}
	r := &n.registration
	if n.Err() != nil || !isClosed(n.ready) || r.epoch.Load() < 0 || !n.opts.Config.Bool("controlled.shutdown.enable") {
		n.closeDoorsSoon()
		return
	}
	// The controller moves leaders away before the broker stops. heard and Hurry continue from
	// here.
	r.leaving.Store(true)
	r.nudge()
}

// BeginKill stops the node as the end of its process would: it answers no request, syncs no log and
// writes no clean-shutdown marker. It returns at once and calls stopped when the node is down.
func (n *Node) BeginKill(stopped func()) {
	if n.failure.CompareAndSwap(nil, &ErrKilled) {
		close(n.done)
	}
	n.BeginStop(stopped)
	n.Hurry()
}

// Hurry ends the waits of a stop. The node no longer waits for the controller, nor for pending
// requests.
func (n *Node) Hurry() {
	n.life.hurry()
	n.closeDoorsSoon()
}

// closeDoorsSoon continues a stop that has begun. Engines that the stop closes may call it.
func (n *Node) closeDoorsSoon() {
	if n.life.close() {
		n.host.Go(n.closeDoors)
	}
}

// closeDoors gives up the leadership of the quorum, then stops accepting requests and answers the
// pending ones.
func (n *Node) closeDoors() { n.leaveQuorum(func() { n.host.Go(n.closeFront) }) }

func (n *Node) closeFront() {
	n.front.CloseListeners()
	n.unloadCoordinators()
	n.front.Stop(n.life.patience, func() { n.host.Go(n.closeEngines) })
}

func (n *Node) closeEngines() {
	n.heartbeats.Close()
	n.ticks.Close()
	n.publisher.Close()
	n.publications.close()
	n.closeCoordinators()
	if n.replicas != nil {
		n.replicas.Stop()
	}
	n.closeChannel()
	clean := true
	if n.quorum != nil {
		if err := n.quorum.Close(); err != nil {
			n.log.Error("cannot close the metadata log", "error", err)
			clean = false
		}
	}
	if n.logs != nil {
		// A write of the metadata log that was under way may have failed the node during Close.
		n.logs.Stop(clean && n.Err() == nil && n.loaded && n.isBroker(), n.registration.epoch.Load())
	}
	if n.metadataLock != nil {
		_ = n.metadataLock.Close()
	}
	if n.failure.CompareAndSwap(nil, &ErrStopped) {
		close(n.done)
	}
	n.life.end()
}
