package quorum

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// ErrDamaged says that synced bytes of the metadata log have changed.
var ErrDamaged = errors.New("the metadata log is damaged")

// laterMs is the distance in time between two intact batches behind a bad one. It proves that the
// bad one was synced: each write to the log is synced before the next one begins, and the batches
// of one write are made in one step, which takes milliseconds.
const laterMs = 1000

// checkDamage looks for damage in the metadata log from an offset on. After a clean stop every bad
// byte is damage. After another stop the last write may be torn, which recovery cuts off; damage
// before it is an error, because what would be cut was acknowledged: the partitions of the topics
// in it would become strays.
func checkDamage(fsys vfs.FS, folder string, from int64, clean bool) error {
	entries, err := fsys.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	w := damageWalk{bad: -1}
	for _, e := range entries { // sorted by name, which is by offset
		if !strings.HasSuffix(e.Name(), ".log") {
			continue
		}
		path := filepath.Join(folder, e.Name())
		data, err := vfs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		w.walk(data, from, path)
	}
	if w.bad < 0 || !clean && w.lastMs-w.firstMs < laterMs {
		return nil
	}
	return fmt.Errorf("%w at offset %d (%s): restore %s from a copy; to go on without the records behind the newest snapshot, which ends at offset %d, "+
		"move the .log files out of that folder", ErrDamaged, w.bad, w.file, folder, from)
}

// damageWalk finds the first bad batch, and the times of the intact batches behind it.
type damageWalk struct {
	// bad is the offset of the first bad batch, or the offset behind the last intact one. It is -1
	// until found is set.
	bad             int64
	found           bool
	file            string
	next            int64
	firstMs, lastMs int64
}

// walk goes through a segment by the lengths of the batches.
func (w *damageWalk) walk(data []byte, from int64, file string) {
	for len(data) > 0 {
		b := record.Batch(data)
		if len(data) < record.HeaderSize || b.Size() < record.HeaderSize || b.Size() > len(data) {
			w.note(w.next, file)
			return
		}
		b, data = b[:b.Size()], data[b.Size():]
		switch {
		case b.Validate() == nil:
			w.next = b.NextOffset()
			if w.found {
				w.lastMs = b.MaxTimestamp()
				if w.firstMs == 0 {
					w.firstMs = w.lastMs
				}
			}
		case w.next >= from:
			w.note(w.next, file)
		}
	}
}

func (w *damageWalk) note(offset int64, file string) {
	if !w.found {
		w.found, w.bad, w.file = true, offset, file
	}
}
