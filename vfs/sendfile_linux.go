package vfs

import (
	"io"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// sendState carries one SendFile call through RawConn.Write. It is pooled, with its step
// function bound once, so that a send does not allocate.
type sendState struct {
	src, remain int
	off         int64
	sent        int64
	err         error
	step        func(fd uintptr) bool
}

var sendStates = sync.Pool{New: func() any {
	s := &sendState{}
	s.step = s.run
	return s
}}

// maxSend bounds one sendfile(2) call so that one connection does not hold a thread too long.
const maxSend = 4 << 20

func (s *sendState) run(fd uintptr) bool {
	for s.remain > 0 {
		n, err := unix.Sendfile(int(fd), s.src, &s.off, min(s.remain, maxSend))
		if n > 0 {
			s.remain -= n
			s.sent += int64(n)
		}
		switch {
		case err == unix.EAGAIN:
			return false // the runtime waits until the socket takes more
		case err == unix.EINTR:
		case err != nil:
			s.err = err
			return true
		case n == 0:
			s.err = io.ErrUnexpectedEOF // the file is shorter than it was said to be
			return true
		}
	}
	return true
}

// SendFile copies n bytes of f from off to the socket dst inside the kernel. It returns
// ErrNotSupported, with nothing sent, where that cannot be done; the caller then copies.
// Write deadlines of the connection hold.
func SendFile(dst syscall.RawConn, f File, off, n int64) (int64, error) {
	fd, ok := f.Fd()
	if !ok {
		return 0, ErrNotSupported
	}
	s := sendStates.Get().(*sendState)
	s.src, s.remain, s.off, s.sent, s.err = int(fd), int(n), off, 0, nil
	err := dst.Write(s.step)
	if err == nil {
		err = s.err
	}
	sent := s.sent
	sendStates.Put(s)
	if sent == 0 && (err == unix.EINVAL || err == unix.ENOSYS) {
		err = ErrNotSupported
	}
	return sent, err
}
