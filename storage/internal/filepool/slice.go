package filepool

import (
	"io"
	"sync"
	"syscall"

	"github.com/gregorhq/gregor/vfs"
)

// Slice is a run of bytes of ONE file. It keeps the file open, so that it stays readable while the
// file is deleted or its owner closed. A truncation of the file makes reads short. A slice made by
// Copied holds its bytes instead. The zero value is empty. A slice must be closed once. A copy of a
// slice shares that duty.
type Slice struct {
	h   *Handle
	off int64
	n   int
	mem []byte // the bytes, when h is nil
}

// Slice returns n bytes of the file from off on. It takes over the caller's reference to h.
func (h *Handle) Slice(off int64, n int) Slice { return Slice{h: h, off: off, n: n} }

// Copied returns a slice that holds its bytes and no file.
func Copied(mem []byte) Slice { return Slice{n: len(mem), mem: mem} }

// SendfileMin is the size in bytes from which WriteTo uses sendfile(2): below it, one read into a
// buffer that goes out together with the response's head is cheaper.
const SendfileMin = 32 << 10

// Size is the length in bytes.
func (s *Slice) Size() int { return s.n }

// ReadAt reads from position off of the slice; io.EOF at its end.
func (s *Slice) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(s.n) || off < 0 {
		return 0, io.EOF
	}
	short := int64(len(p)) > int64(s.n)-off
	if short {
		p = p[:int64(s.n)-off]
	}
	var n int
	var err error
	if s.h == nil {
		n = copy(p, s.mem[off:])
	} else {
		n, err = s.h.File.ReadAt(p, s.off+off)
	}
	switch {
	case n == len(p) && short:
		err = io.EOF
	case n == len(p):
		err = nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF // the file was cut under the slice
	}
	return n, err
}

// Intact returns io.ErrUnexpectedEOF when the file has become shorter than the end of the slice. It
// reads no bytes of the file.
func (s *Slice) Intact() error {
	if s.h == nil {
		return nil
	}
	size, err := s.h.File.Size()
	if err == nil && size < s.off+int64(s.n) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// ReadInto appends the bytes of the slice to buf.
func (s *Slice) ReadInto(buf []byte) ([]byte, error) {
	if s.n == 0 {
		return buf, nil
	}
	at := len(buf)
	if cap(buf)-at < s.n {
		grown := make([]byte, at, at+s.n)
		copy(grown, buf)
		buf = grown
	}
	buf = buf[:at+s.n]
	if _, err := s.ReadAt(buf[at:], 0); err != nil && err != io.EOF {
		return buf[:at], err
	}
	return buf, nil
}

// SendTo copies [off, off+n) of the slice to a socket in the kernel. It returns vfs.ErrNotSupported
// and sends nothing when this file or platform has no such call. Use ReadAt then.
func (s *Slice) SendTo(c syscall.RawConn, off, n int64) (int64, error) {
	if s.n == 0 || n == 0 {
		return 0, nil
	}
	if s.h == nil {
		return 0, vfs.ErrNotSupported
	}
	return vfs.SendFile(c, s.h.File, s.off+off, min(n, int64(s.n)-off))
}

// copyBufs are for the copying path of WriteTo.
var copyBufs = sync.Pool{New: func() any {
	b := make([]byte, 64<<10)
	return &b
}}

// WriteTo writes the slice to w: by sendfile when w is a socket and the slice is large, else by
// copy. It implements io.WriterTo.
func (s *Slice) WriteTo(w io.Writer) (int64, error) {
	if sc, ok := w.(syscall.Conn); ok && s.n >= SendfileMin {
		if raw, err := sc.SyscallConn(); err == nil {
			n, err := s.SendTo(raw, 0, int64(s.n))
			if err != vfs.ErrNotSupported {
				return n, err
			}
		}
	}
	bp := copyBufs.Get().(*[]byte)
	defer copyBufs.Put(bp)
	var done int64
	for done < int64(s.n) {
		b := (*bp)[:min(len(*bp), s.n-int(done))]
		if _, err := s.ReadAt(b, done); err != nil && err != io.EOF {
			return done, err
		}
		n, err := w.Write(b)
		done += int64(n)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// Close releases the file. Closing an empty or closed slice does nothing.
func (s *Slice) Close() {
	if s.h != nil {
		s.h.Release()
	}
	*s = Slice{}
}
