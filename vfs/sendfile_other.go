//go:build !linux

package vfs

import "syscall"

// SendFile copies n bytes of f from off to the socket dst inside the kernel. It returns
// ErrNotSupported, with nothing sent, where that cannot be done; the caller then copies.
func SendFile(_ syscall.RawConn, _ File, _, _ int64) (int64, error) { return 0, ErrNotSupported }
