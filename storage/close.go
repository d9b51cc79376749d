package storage

import "path/filepath"

// Close ends the use of the log. A clean close syncs everything and leaves a producer snapshot at
// the log end, so that the next open has to read next to nothing; after an unclean one the next
// open must recover. Slices stay readable. A broken log is never closed cleanly: its error comes
// back. Closing again does nothing.
func (l *Log) Close(clean bool) error {
	l.maint.Lock()
	defer l.maint.Unlock()
	var err error
	if clean {
		err = l.settle()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		for _, s := range l.segments {
			l.forget(s)
		}
	}
	return err
}

// settle puts on disk all that a clean open relies on. The caller holds maint.
func (l *Log) settle() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	err := l.usable()
	s := l.active()
	if err == nil && l.end.Load() > l.logStart.Load() {
		if serr := l.producers.TakeSnapshot(true); serr != nil {
			err = l.fail("write of the producer snapshot", serr)
		} else {
			l.namesDirty = true
		}
	}
	if err == nil {
		s.mu.Lock()
		if s.idxDirty {
			if ferr := s.finishTimes(); ferr != nil {
				err = l.fail("read of the index", ferr)
			}
		}
		s.mu.Unlock()
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if err := s.syncIndex(); err != nil {
		return l.failNow("sync", err)
	}
	return l.syncAll()
}

func (l *Log) failNow(op string, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fail(op, err)
}

// Rename moves the partition's folder within its log directory: to a MarkedDirName when the
// partition is deleted, or from -future to its own name. The name is durable when it returns.
func (l *Log) Rename(dir string) error {
	l.maint.Lock()
	defer l.maint.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if dir == l.dir {
		return nil
	}
	if err := l.fs.Rename(l.dir, dir); err != nil {
		return l.fail("rename", err)
	}
	l.moveTo(dir)
	if err := l.fs.SyncDir(filepath.Dir(dir)); err != nil {
		return l.fail("rename", err)
	}
	return nil
}

// moveTo tells everyone the folder's new name. Open files stay open: they are not found by name.
func (l *Log) moveTo(dir string) {
	for _, s := range l.segments {
		s.mu.Lock() // against the pool's Sweep, which writes indexes without log.mu
		defer s.mu.Unlock()
	}
	l.dir = dir
	for _, s := range l.segments {
		if s.txn != nil {
			s.txn.SetPath(s.path(txnIndexSuffix))
		}
	}
	l.producers.dir = dir
	l.epochs.mu.Lock()
	l.epochs.path = filepath.Join(dir, LeaderEpochCheckpoint)
	l.epochs.mu.Unlock()
}

// Delete closes the log and removes its folder and all that is in it. Slices stay readable where
// the platform lets open files be unlinked.
func (l *Log) Delete() error {
	l.maint.Lock()
	defer l.maint.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		for _, s := range l.segments {
			l.forget(s)
		}
	}
	if err := l.fs.RemoveAll(l.dir); err != nil {
		return &StorageError{Op: "delete", Dir: l.dir, Err: err}
	}
	if err := l.fs.SyncDir(filepath.Dir(l.dir)); err != nil {
		return &StorageError{Op: "delete", Dir: l.dir, Err: err}
	}
	return nil
}
