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

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// running describes a server process, for `status` and `stop`. Each process keeps a file with it in its user's folder below
// the system's temporary one, as the JVM does for jps, and holds a lock on that file: a file whose lock is free was left
// behind by a process that died, and its number may be somebody else's by now.
type running struct {
	PID     int      `json:"pid"`
	NodeID  int32    `json:"nodeId"`
	Roles   []string `json:"roles"`
	Cluster string   `json:"clusterId"`
	Addr    string   `json:"address"`
	Data    []string `json:"data"`
	// path of the file, lock on it; empty and nil for one read from somebody else's file.
	path string
	lock io.Closer
}

func (r *running) String() string {
	return fmt.Sprintf("node %d (%s) of cluster %s: process %d, %s, data in %s",
		r.NodeID, strings.Join(r.Roles, ","), r.Cluster, r.PID, r.Addr, strings.Join(r.Data, ","))
}

// runDir is this user's folder of running servers.
func runDir() string { return filepath.Join(os.TempDir(), "gregor-"+strconv.Itoa(os.Getuid())) }

// register enters a process that serves. Without it the broker runs as well, but `stop` does not find it.
func register(dir string, node *broker.Node, cfg *config.Broker) (*running, error) {
	r := &running{PID: os.Getpid(), NodeID: node.NodeID(), Roles: cfg.List("process.roles"), Cluster: node.ClusterID(), Addr: node.Addr(""), Data: dataDirs(cfg)}
	if dir == "" {
		return r, nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return r, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, err
	}
	if err := ownFolder(dir); err != nil {
		return r, err
	}
	// The name says which process; several brokers of one process (tests) differ by node.
	name := fmt.Sprintf("%d-%d", r.PID, r.NodeID)
	making := filepath.Join(dir, "."+name)
	if err := os.WriteFile(making, append(text, '\n'), 0o600); err != nil {
		return r, err
	}
	lock, err := vfs.OS().Lock(making)
	if err != nil {
		return r, err
	}
	// It appears under its name with the lock held.
	r.path, r.lock = filepath.Join(dir, name), lock
	return r, os.Rename(making, r.path)
}

func (r *running) remove() {
	if r.lock != nil {
		_ = os.Remove(r.path)
		_ = r.lock.Close()
	}
}

// alive tells whether the process still holds its lock; what a dead one left is removed.
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
