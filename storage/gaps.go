package storage

import (
	"path/filepath"

	"github.com/gregorhq/gregor/vfs"
)

// gapsFile is the name of an empty file in the folder of a log between whose segments offsets may
// be missing that no crash has lost: compaction has removed their records, here or in the log of
// the leader. A recovery needs the proof, because the recovery point on disk may be old, and
// cleaner-offset-checkpoint knows nothing of a run that was aborted. Apache Kafka ignores the file.
const gapsFile = "may-have-gaps"

// noteGaps makes gapsFile, durably, before the first gap comes about.
func (l *Log) noteGaps() error {
	if l.mayHaveGaps.Load() {
		return nil
	}
	dir := l.Dir()
	f, err := vfs.Create(l.fs, filepath.Join(dir, gapsFile))
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := l.fs.SyncDir(dir); err != nil {
		return err
	}
	l.mayHaveGaps.Store(true)
	return nil
}

// noteOldGaps is noteGaps when compaction has left a gap between two segments. It is for a log that
// was opened without its entry of cleaner-offset-checkpoint: the next open may have the entry of a
// later compaction.
func (l *Log) noteOldGaps() error {
	for i, s := range l.segments[:len(l.segments)-1] {
		e, err := s.end()
		if err != nil {
			return err
		}
		if !e.damaged && e.pos == s.size.Load() && e.next < l.segments[i+1].base {
			return l.noteGaps()
		}
	}
	return nil
}
