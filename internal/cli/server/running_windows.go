package server

import (
	"os"
	"syscall"
)

// ownFolder accepts every folder: the temporary folder is the user's own on Windows.
func ownFolder(dir string) error {
	_, err := os.Stat(dir)
	return err
}

func detached() *syscall.SysProcAttr { return nil }

// quitSignals is empty: Windows has none of these signals.
var quitSignals []os.Signal
