//go:build !linux

package scenario

import (
	"errors"
	"os"
)

func dropPages(*os.File) error { return errors.New("needs Linux") }
