package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// running describes a server process, for `status` and `stop`. Each process keeps its record in a
// file in the user's folder below the system's temporary folder, as the JVM does for jps, and holds
// a lock on that file. A file with a free lock belongs to a dead process, and another process may
// have its id.
type running struct {
	PID     int      `json:"pid"`
	NodeID  int32    `json:"nodeId"`
	Roles   []string `json:"roles"`
	Cluster string   `json:"clusterId"`
	Addr    string   `json:"address"`
	Data    []string `json:"data"`
	// Log is the path of the log file, empty without one.
	Log string `json:"log,omitempty"`
	// path is the path of the file, and lock is the lock on it. They are empty and nil in a record
	// of another process.
	path string
	lock io.Closer
}

func (r *running) String() string {
	return fmt.Sprintf("node %d (%s) of cluster %s: process %d, %s, data in %s",
		r.NodeID, strings.Join(r.Roles, ","), r.Cluster, r.PID, r.Addr, strings.Join(r.Data, ","))
}

// runDir returns this user's folder of running servers.
func runDir() string { return filepath.Join(os.TempDir(), "gregor-"+strconv.Itoa(os.Getuid())) }

// register writes the record of a serving process. Without it the broker runs as well, but `stop`
// does not find it.
func (p *process) register(node *broker.Node, cfg *config.Broker) (*running, error) {
	r := &running{PID: os.Getpid(), NodeID: node.NodeID(), Roles: cfg.List("process.roles"), Cluster: node.ClusterID(), Addr: node.Addr(""), Data: dataDirs(cfg), Log: p.logFile}
	return r, r.write(p.runDir)
}

// write makes the file of a record and locks it.
func (r *running) write(dir string) error {
	if dir == "" {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := ownFolder(dir); err != nil {
		return err
	}
	// Several brokers of one process (tests) differ by node.
	name := fmt.Sprintf("%d-%d", r.PID, r.NodeID)
	making := filepath.Join(dir, "."+name)
	if err := os.WriteFile(making, append(text, '\n'), 0o600); err != nil {
		return err
	}
	lock, err := vfs.OS().Lock(making)
	if err != nil {
		return err
	}
	if r.lock != nil {
		_ = r.lock.Close()
	}
	// The file gets its name after it is locked.
	r.path, r.lock = filepath.Join(dir, name), lock
	return os.Rename(making, r.path)
}

// recordCheck is the interval of checks of the record. Programs that clean the system's temporary
// folder remove it.
const recordCheck = 5 * time.Second

// keep writes the record again when it is missing, until the caller calls release.
func (r *running) keep(dir string) (release func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		look := time.NewTicker(recordCheck)
		defer look.Stop()
		for {
			select {
			case <-look.C:
				r.heal(dir)
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		r.remove()
	}
}

// heal writes the record again when its file is gone or was never written.
func (r *running) heal(dir string) {
	if _, err := os.Stat(r.path); errors.Is(err, os.ErrNotExist) {
		_ = r.write(dir) // the next look tries again
	}
}

func (r *running) remove() {
	if r.lock != nil {
		_ = os.Remove(r.path)
		_ = r.lock.Close()
	}
}

// alive reports whether the process still holds its lock. It removes the file of a dead process.
func (r *running) alive() bool {
	if _, err := os.Stat(r.path); err != nil {
		return false
	}
	lock, err := vfs.OS().Lock(r.path)
	if errors.Is(err, vfs.ErrLocked) {
		return true
	}
	if err == nil {
		_ = os.Remove(r.path)
		_ = lock.Close()
	}
	return false
}

// listRunning finds the servers of this user, by node id.
func listRunning(dir string) (out []*running, err error) {
	if err := ownFolder(dir); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		r := &running{}
		path := filepath.Join(dir, e.Name())
		text, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(text, r) != nil || r.PID <= 0 {
			continue
		}
		if r.path = path; r.alive() {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *running) int { return int(a.NodeID) - int(b.NodeID) })
	return out, nil
}
