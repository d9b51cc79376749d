package handlers

import (
	"io"
	"sync"

	"github.com/gregorhq/gregor/storage"
)

// inlineBelow is the size in bytes below which a record set is copied into the answer. A file range
// costs a system call, which is worth it for large record sets only.
const inlineBelow = storage.SendfileMin

// noRecords is the empty record set: its length is 0, null would be -1, which many clients cannot
// read.
var noRecords = []byte{}

// slicePayload is a range of a segment file in an answer. The socket writer sends it and closes it.
type slicePayload struct{ slice storage.Slice }

var slicePayloads = sync.Pool{New: func() any { return new(slicePayload) }}

// newSlicePayload takes the slice over.
func newSlicePayload(s *storage.Slice) *slicePayload {
	p := slicePayloads.Get().(*slicePayload)
	p.slice, *s = *s, storage.Slice{}
	return p
}

// Size implements wire.Payload.
func (p *slicePayload) Size() int { return p.slice.Size() }

// WriteTo implements io.WriterTo.
func (p *slicePayload) WriteTo(w io.Writer) (int64, error) { return p.slice.WriteTo(w) }

// Close releases the file. The payload must not be used afterwards.
func (p *slicePayload) Close() error {
	p.slice.Close()
	slicePayloads.Put(p)
	return nil
}
