package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errAnswerSize is the error of an answer whose length is below a header's or above the bound.
var errAnswerSize = errors.New("invalid length of an answer")

// firstChunk is the first size of an answer's buffer. The buffer grows only when bytes arrive, so a
// false length costs this much.
const firstChunk = 64 << 10

// readFrame reads one answer: an int32 length and that many bytes. An end before the first byte is
// io.EOF.
func readFrame(in io.Reader, most int) (*Frame, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(head[:])))
	if size < 4 || size > most {
		return nil, fmt.Errorf("%w: %d, allowed are 4 to %d", errAnswerSize, size, most)
	}
	want := min(size, firstChunk)
	f := newFrame(want)
	for n := 0; ; want = min(size, 4*want) {
		if want > cap(f.Bytes) {
			bigger := newFrame(want)
			bigger.Bytes = append(bigger.Bytes, f.Bytes[:n]...)
			f.release()
			f = bigger
		}
		f.Bytes = f.Bytes[:want]
		m, err := io.ReadFull(in, f.Bytes[n:])
		n += m
		if err != nil {
			f.release()
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if n == size {
			return f, nil
		}
	}
}
