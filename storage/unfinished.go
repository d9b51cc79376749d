package storage

// Replacements, deletions and truncations of segments have several steps. A lack of file
// descriptors between two steps leaves an unfinished change in the log: Log.swap, Log.deletion or
// Log.truncation. Memory then shows the log as it is after the change, or before it, and the disk
// something in between. The rest of the steps come before anything that the disk must not meet in
// this state:
//
//   - each of the three is finished before another change of segments, a rename and a close;
//   - a truncation is finished also before appends, rolls, syncs and reads.
//
// Until the steps succeed these operations return the error, of ClassRetry. Nothing depends on a
// second try by the caller that began the change.

// finishChanges finishes the unfinished change, if there is one. A closed log has none: the folder
// may have another user, and the next open finishes what it finds. The caller holds reshape.
func (l *Log) finishChanges() error {
	l.mu.RLock()
	closed, broken := l.closed, l.failed
	l.mu.RUnlock()
	switch {
	case closed || l.swap == nil && l.deletion == nil && !l.truncating.Load():
		return nil
	case broken != nil:
		return broken // the next open completes it
	}
	if err := l.finishSwap(); err != nil {
		return err
	}
	if err := l.finishDeletion(); err != nil {
		return err
	}
	return l.finishTruncation()
}

// completeChanges is finishChanges for callers that do not hold reshape.
func (l *Log) completeChanges() error {
	l.reshape.Lock()
	defer l.reshape.Unlock()
	return l.finishChanges()
}

// completeTruncation finishes a truncation that is not complete. Everything that appends, rolls,
// syncs or reads calls it first. The caller holds no lock, or it holds reshape and has called
// finishChanges.
func (l *Log) completeTruncation() error {
	if !l.truncating.Load() {
		return nil
	}
	return l.completeChanges()
}
