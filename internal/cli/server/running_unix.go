//go:build !windows

package server

import (
	"fmt"
	"os"
	"syscall"
)

// ownFolder refuses a folder of another user: its files name the processes to stop.
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

// detached starts a process in a session of its own, so that it outlives the terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// quitSignals are the signals of serveSignals.
var quitSignals = []os.Signal{syscall.SIGHUP, syscall.SIGQUIT}
