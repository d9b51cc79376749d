package checkpoint

import "slices"

// LogStart is all that names the log start offset of one log after a clean stop. No file of it has
// a checksum, and one bit of a file may be wrong.
type LogStart struct {
	Checkpoint int64   // the log's entry of log-start-offset-checkpoint, 0 without one
	Epoch      int64   // start offset of the first leader epoch, -1 without one
	Notes      []int64 // from the names of the files that a clean stop leaves, see StartNoteSuffix
	First      int64   // base offset of the first segment
	End        int64   // log end offset; the recovery point, if that is higher
	// HighWatermark is the log's entry of replication-offset-checkpoint, 0 without one.
	HighWatermark int64
}

// StartNoteSuffix ends the name of an empty file, OFFSET.log-start. A clean stop makes it in the
// folder of a log that does not begin with its first segment. Apache Kafka ignores the file.
//
// DisputedStartSuffix ends the name of an empty file, OFFSET.log-start-disputed: the log begins at
// OFFSET because of a file that may be damaged. So the segments below stay on the disk.
const (
	StartNoteSuffix     = ".log-start"
	DisputedStartSuffix = ".log-start-disputed"
)

// Decide returns the log start offset, and which file is damaged: log-start-offset-checkpoint or
// leader-epoch-checkpoint. When both results are true, one of them is damaged, and nothing shows
// which one. The start offset is the higher one of the two then.
//
// The first leader epoch begins at the log start offset or, when the first records have no epoch,
// above it. Two places that agree are right. docs/storage-format.md has the table of all cases.
func (w *LogStart) Decide() (start int64, checkpointBad, epochBad bool) {
	start = max(w.Checkpoint, w.First)
	noted := func(offset int64) bool {
		return offset > w.First && offset <= w.End && slices.Contains(w.Notes, offset)
	}
	switch {
	case start > w.End:
		for _, n := range w.Notes {
			if noted(n) && (w.Epoch < 0 || w.Epoch >= n) {
				return n, true, false
			}
		}
		return w.First, true, false
	case noted(start):
		return start, false, w.Epoch >= 0 && w.Epoch < start
	case w.Epoch != start && noted(w.Epoch):
		return w.Epoch, true, false
	case w.Epoch < 0 || start <= w.Epoch:
		return start, false, false
	case w.Epoch < w.First:
		return start, false, start > w.First
	case w.Epoch == w.First, w.HighWatermark > 0 && start > w.HighWatermark:
		return w.First, true, false
	}
	return start, true, true
}
