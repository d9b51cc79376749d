package storage

import (
	"errors"
	"testing"
)

// A cleaning run that a truncation ended does not match ErrUncleanable: the log can be cleaned
// again.
func TestATruncatedRunIsNotUncleanable(t *testing.T) {
	for moment := 1; ; moment++ {
		l := compactedLog(t, 2000)
		for i := range 100 {
			mustAppend(t, l, keyValue(t, i, 'a'))
		}
		l.SetHighWatermark(l.LogEndOffset())
		n := 0
		_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1, IOBytes: 256, Check: func() error {
			if n++; n == moment {
				return l.TruncateTo(8)
			}
			return nil
		}})
		if n < moment {
			return
		}
		if errors.Is(err, ErrUncleanable) {
			t.Errorf("moment %d: %v", moment, err)
		}
	}
}
