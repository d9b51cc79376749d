package record

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

var (
	gzipReaders sync.Pool // *gzipSource
	gzipWriters [10]sync.Pool
)

type gzipSource struct {
	in bytes.Reader
	z  gzip.Reader
}

// takeGzip takes a reader from the pool. release puts it back.
func takeGzip() *gzipSource {
	s, _ := gzipReaders.Get().(*gzipSource)
	if s == nil {
		s = new(gzipSource)
	}
	return s
}

func (s *gzipSource) reset(src []byte) error {
	s.in.Reset(src)
	return s.z.Reset(&s.in)
}

func (s *gzipSource) release() {
	s.in.Reset(nil)
	gzipReaders.Put(s)
}

func decompressGzip(dst, src []byte, limit int) ([]byte, error) {
	s := takeGzip()
	defer s.release()
	if err := s.reset(src); err != nil {
		return dst, errPayload(Gzip, err)
	}
	start := len(dst)
	if cap(dst)-start <= freeOutput { // otherwise the caller has reserved it
		dst = room(dst, min(4*len(src), limit+1))
	}
	for {
		if len(dst)-start > limit {
			return dst, errDecompressed(Gzip, limit)
		}
		dst = room(dst, 512)
		n, err := s.z.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF && len(dst)-start <= limit {
			return dst, nil
		}
		if err != nil && err != io.EOF {
			return dst, errPayload(Gzip, err)
		}
	}
}

// appendWriter collects the output of a compressor.
type appendWriter struct{ b []byte }

func (w *appendWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func compressGzip(dst, src []byte, level int) ([]byte, error) {
	if level <= 0 {
		level = 6
	}
	level = min(level, gzip.BestCompression)
	out := appendWriter{b: dst}
	z, _ := gzipWriters[level].Get().(*gzip.Writer)
	if z == nil {
		var err error
		if z, err = gzip.NewWriterLevel(&out, level); err != nil {
			return dst, err
		}
	} else {
		z.Reset(&out)
	}
	_, err := z.Write(src)
	if closeErr := z.Close(); err == nil {
		err = closeErr
	}
	z.Reset(io.Discard)
	gzipWriters[level].Put(z)
	return out.b, err
}
