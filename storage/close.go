package storage

import (
	"path/filepath"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Close ends the use of the log. A clean close syncs everything and leaves a producer snapshot at
// the log end, so that the next open has to read next to nothing; after an unclean one the next
// open must recover. Slices stay readable. A broken log is never closed cleanly: its error comes
// back. Closing again does nothing.
func (l *Log) Close(clean bool) error {
	l.reshape.Lock()
	defer l.reshape.Unlock()
	err := l.finishChanges()
	l.maint.Lock()
	defer l.maint.Unlock()
	if clean && err == nil {
		err = l.settle()
	}
	l.close()
	if !clean {
		return nil
	}
	return err
}

// close takes the log out of use.
func (l *Log) close() {
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	for _, s := range l.segments {
		l.forget(s)
	}
}

// settle puts on disk all that a clean open relies on. The caller holds maint.
func (l *Log) settle() error {
	open, err := l.finish(true)
	if err != nil || !open {
		return err
	}
	return l.syncAll()
}

// StageClose comes before PrepareClose when many logs are closed at once. It writes what must be on
// disk before PrepareClose gives other files their names, and syncs nothing: the name of the first
// segment of a new log, and the leader epochs. staged is false when there is nothing of this kind.
// Otherwise call StageDone after a vfs.Mount.SyncFS that began later. Without both, PrepareClose
// syncs each file.
func (l *Log) StageClose() (staged bool, err error) {
	if err := l.completeTruncation(); err != nil {
		return false, err
	}
	l.maint.Lock()
	defer l.maint.Unlock()
	l.mu.RLock()
	err = l.usable()
	l.mu.RUnlock()
	if err != nil {
		return false, err
	}
	if !l.epochs.Lacks(l.end.Load()) {
		return l.unnamed, nil
	}
	if err := l.epochs.Stage(); err != nil {
		return false, l.failNow("write of leader-epoch-checkpoint", err)
	}
	return true, nil
}

// StageDone notes that what StageClose has written is on disk.
func (l *Log) StageDone() {
	l.maint.Lock()
	defer l.maint.Unlock()
	l.unnamed = false
	l.epochs.StageDone()
}

// PrepareClose is the costly part of a clean Close for many logs at once: it writes out what a
// clean open relies on and syncs nothing. After one vfs.FS.SyncFS and SyncDone, Close(true) finds
// nothing left to do unless the log has changed.
func (l *Log) PrepareClose() (upTo int64, gen uint64, err error) {
	if err := l.completeTruncation(); err != nil {
		return 0, 0, err
	}
	l.maint.Lock()
	defer l.maint.Unlock()
	if _, err := l.finish(false); err != nil {
		return 0, 0, err
	}
	return l.prepareSync()
}

// finish takes the producer snapshot at the log end, which the next sync writes, and writes the
// active segment's indexes. open is false when the log is closed. The caller holds maint.
func (l *Log) finish(sync bool) (open bool, err error) {
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false, l.failed
	}
	if err := l.usable(); err != nil {
		return false, err
	}
	if l.end.Load() > l.logStart.Load() {
		if l.producers.TakeSnapshot() {
			l.namesDirty = true
		}
	}
	if err := l.noteStart(); err != nil {
		return false, l.fail("note of the log start offset", err)
	}
	s := l.active()
	if !s.idxDirty.Load() {
		return true, nil
	}
	if s.aborts() {
		l.namesDirty = true // its transaction index may be a new file
	}
	if err := l.nameFirst(); err != nil {
		return false, l.fail("sync", err)
	}
	if err := s.finishIndex(); err != nil {
		return false, l.fail("read of the index", err)
	}
	if err := s.saveIndex(sync); err != nil {
		return false, l.fail("write of an index", err)
	}
	return true, nil
}

func (l *Log) failNow(op string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fail(op, err)
}

// Rename moves the partition's folder within its log directory: to a MarkedDirName when the
// partition is deleted, or from -future to its own name. The name is durable when it returns. After
// a lack of file descriptors the folder may have its new name already. The same call again makes
// the name durable.
func (l *Log) Rename(dir string) error {
	l.unlinks.Lock() // taken before the other locks, which must not wait for an unlink
	defer l.unlinks.Unlock()
	unlock, err := l.lockAll()
	if err != nil {
		return err
	}
	defer unlock()
	if dir != l.dir {
		l.moving.Store(true)
		defer l.moving.Store(false)
		if err := l.fs.Rename(l.dir, dir); err != nil {
			return l.fail("rename", err)
		}
		l.moveTo(dir)
		l.dirNew = true
	}
	if !l.dirNew && !l.prepared.dirNew {
		return nil
	}
	if err := l.fs.SyncDir(filepath.Dir(dir)); err != nil {
		return l.fail("rename", err)
	}
	l.dirNew, l.prepared.dirNew = false, false
	return nil
}

// moveTo changes the folder's name in memory. Open files stay open: nothing finds them by name.
func (l *Log) moveTo(dir string) {
	for _, s := range l.segments {
		s.io.Lock() // nothing reads or writes index files by name meanwhile
		defer s.io.Unlock()
	}
	l.setDir(dir)
	for _, s := range l.segments {
		s.mu.Lock()
		if s.txn != nil {
			s.txn.SetPath(s.path(segfile.TxnIndexSuffix))
		}
		s.mu.Unlock()
	}
	l.producers.SetDir(dir)
	l.epochs.SetDir(dir)
}

// Delete closes the log and removes its folder with all files in it. Slices stay readable where the
// platform lets open files be unlinked. A sync of the log fails with ErrClosed while the files go,
// and does not wait.
func (l *Log) Delete() error {
	l.unlinks.Lock()
	defer l.unlinks.Unlock()
	l.reshape.Lock()
	defer l.reshape.Unlock()
	l.maint.Lock()
	l.close()
	l.maint.Unlock()
	for _, s := range l.segments {
		s.waitIO() // a sweep of memory would make an index again beside the removal
	}
	if err := l.fs.RemoveAll(l.dir); err != nil {
		return wrap("delete", l.dir, err)
	}
	if err := l.fs.SyncDir(filepath.Dir(l.dir)); err != nil {
		return wrap("delete", l.dir, err)
	}
	return nil
}
