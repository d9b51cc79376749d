//go:build !windows

package server

import (
	"fmt"
	"os"
	"syscall"
)

// ownFolder refuses a folder that another user made: its files would say which process to stop.
func ownFolder(dir string) error {
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if s, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(s.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a folder of this user", dir)
	}
	return nil
}

// detached is a process in a session of its own: it outlives the terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// quitSignals are the signals of serveSignals.
var quitSignals = []os.Signal{syscall.SIGHUP, syscall.SIGQUIT}
