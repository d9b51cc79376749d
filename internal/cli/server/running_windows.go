package server

import (
	"os"
	"syscall"
)

// ownFolder: the temporary folder is the user's own on Windows.
func ownFolder(dir string) error {
	_, err := os.Stat(dir)
	return err
}

func detached() *syscall.SysProcAttr { return nil }

// quitSignals: Windows has none of them.
var quitSignals []os.Signal
