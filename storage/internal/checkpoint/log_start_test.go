package checkpoint

import "testing"

// Each line is a row of the table in docs/storage-format.md.
func TestDecideLogStart(t *testing.T) {
	const first, end, hw = 10, 100, 90
	for _, c := range []struct {
		what              string
		checkpoint, epoch int64
		note              int64
		start             int64
		bad, epochBad     bool
	}{
		{"all agree", 12, 12, 12, 12, false, false},
		{"no file agrees with nothing else", 12, -1, -1, 12, false, false},
		{"checkpoint and epoch agree", 12, 12, -1, 12, false, false},
		{"checkpoint and epoch agree, an old note", 15, 15, 12, 15, false, false},
		{"records without an epoch", 12, 50, -1, 12, false, false},
		{"records without an epoch, noted", 12, 50, 12, 12, false, false},
		{"no entry", 0, 10, -1, 10, false, false},
		{"no entry, epochs later", 0, 50, -1, 10, false, false},
		{"checkpoint too high", 32, 12, 12, 12, true, false},
		{"checkpoint too low", 10, 12, 12, 12, true, false},
		{"checkpoint lost", 0, 12, 12, 12, true, false},
		{"epoch too low", 12, 2, 12, 12, false, true},
		{"epoch too low, not below the first segment", 18, 10, 18, 18, false, true},
		{"epoch below the first segment", 12, 2, -1, 12, false, true},
		{"epoch too high", 12, 32, 12, 12, false, false},
		{"epoch at the first segment", 32, 10, -1, 10, true, false},
		{"above the high watermark", 92, 12, -1, 10, true, false},
		{"above the end", 112, 12, 12, 12, true, false},
		{"above the end, without a note", 112, 12, -1, 10, true, false},
		{"above the end, without epochs", 112, -1, 12, 12, true, false},
		{"nothing decides", 32, 12, -1, 32, true, true},
		{"nothing decides, an old note", 32, 22, 12, 32, true, true},
	} {
		w := LogStart{Checkpoint: c.checkpoint, Epoch: c.epoch, First: first, End: end, HighWatermark: hw}
		if c.note >= 0 {
			w.Notes = []int64{c.note}
		}
		if start, bad, epochBad := w.Decide(); start != c.start || bad != c.bad || epochBad != c.epochBad {
			t.Errorf("%s: %d, %v, %v, want %d, %v, %v", c.what, start, bad, epochBad, c.start, c.bad, c.epochBad)
		}
	}
}
