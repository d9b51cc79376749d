package kraft

import "slices"

// logView is what a node knows of its log: what its decisions need, without the bytes.
type logView struct {
	self int32 // this node
	// start is the position of the first record. Below it there is only a snapshot.
	start Position
	// end is the log end offset, and flushed the end of its durable part.
	// Invariant: start.Offset <= flushed <= end.
	end, flushed int64
	// epochs has the offset at which each epoch begins, for the epochs of the records from start
	// on. Invariant: both numbers rise.
	epochs []Position
	// snapshots are those on the disk, in ascending order.
	snapshots []Position
	// changes are the records that changed the voters or kraft.version, in order. The first one has
	// the state before the log: that of the newest snapshot at its start, or of the configuration.
	changes []voterChange
}

// voterChange is the state of the voters from an offset on.
type voterChange struct {
	// at is the offset of the record, and -1 when the configuration or a bootstrap snapshot says
	// it.
	at      int64
	version int16
	voters  Voters
	// others are the voters without this node.
	others Voters
}

// last returns the position of the log end.
func (l *logView) last() Position {
	if n := len(l.epochs); n > 0 {
		return Position{l.end, l.epochs[n-1].Epoch}
	}
	return Position{l.end, l.start.Epoch}
}

// durable returns the position of the durable end.
func (l *logView) durable() Position {
	for i := len(l.epochs) - 1; i >= 0; i-- {
		if l.epochs[i].Offset < l.flushed {
			return Position{l.flushed, l.epochs[i].Epoch}
		}
	}
	return Position{l.flushed, l.start.Epoch}
}

// voters returns the state in force. A record of voters is in force when it is appended.
func (l *logView) voters() voterChange { return l.changes[len(l.changes)-1] }

// append adds a batch. It reports whether the batch changed the voters.
func (l *logView) append(b Batch) (changed bool) {
	if b.Epoch > l.last().Epoch || len(l.epochs) == 0 {
		l.epochs = append(l.epochs, Position{b.Base, b.Epoch})
	}
	for i, c := range b.Control {
		next := l.voters()
		next.at = b.Base + int64(i)
		switch {
		case c.Version != nil:
			next.version = *c.Version
		case c.Voters != nil:
			next.voters, next.others = c.Voters, c.Voters.Without(l.self)
		default:
			continue
		}
		l.changes = append(l.changes, next)
		changed = true
	}
	l.end = b.Last + 1
	return changed
}

// truncate removes everything from an offset on.
func (l *logView) truncate(offset int64) {
	l.end, l.flushed = offset, min(l.flushed, offset)
	l.epochs = slices.DeleteFunc(l.epochs, func(p Position) bool { return p.Offset >= offset })
	l.changes = slices.DeleteFunc(l.changes, func(c voterChange) bool { return c.at >= offset })
}

// cut moves the log start up to a snapshot.
func (l *logView) cut(id Position) {
	if id.Offset <= l.start.Offset {
		return
	}
	// A leader may know more as committed than it has on its own disk.
	l.start, l.flushed = id, max(l.flushed, id.Offset)
	// The epoch of the first record from id on may have begun below it.
	next := slices.IndexFunc(l.epochs, func(p Position) bool { return p.Offset > id.Offset })
	if next < 0 {
		next = len(l.epochs)
	}
	if next > 0 {
		next--
		l.epochs[next].Offset = id.Offset
	}
	l.epochs = slices.Delete(l.epochs, 0, next)
	if len(l.epochs) > 0 && id.Offset == l.end {
		l.epochs = nil
	}
	first := 0
	for i, c := range l.changes {
		if c.at < id.Offset {
			first = i
		}
	}
	l.changes = slices.Delete(l.changes, 0, first)
	l.snapshots = slices.DeleteFunc(l.snapshots, func(p Position) bool { return p.Offset < id.Offset })
}

// reset replaces the whole log by a snapshot. Without voters in the snapshot, the ones before the
// log remain: those of the configuration.
func (l *logView) reset(id Position, version int16, voters Voters) {
	state := l.changes[0]
	if len(voters) > 0 {
		state = voterChange{at: id.Offset - 1, version: version, voters: voters, others: voters.Without(l.self)}
	}
	*l = logView{self: l.self, start: id, end: id.Offset, flushed: id.Offset, snapshots: []Position{id}, changes: []voterChange{state}}
}

// endOf returns the largest epoch of the log that is not above epoch, and its end. For an epoch
// below all epochs of the log it is the log start.
func (l *logView) endOf(epoch int32) Position {
	end := l.end
	for i := len(l.epochs) - 1; i >= 0; i-- {
		if l.epochs[i].Epoch <= epoch {
			return Position{end, l.epochs[i].Epoch}
		}
		end = l.epochs[i].Offset
	}
	return Position{l.start.Offset, min(l.start.Epoch, epoch)}
}

// check compares the log of a replica that ends at p with this one. The log is continued when
// both results are nil. Otherwise it diverges, or it needs a snapshot
// (ReplicatedLog.validateOffsetAndEpoch).
func (l *logView) check(p Position) (diverging, snapshot *Position) {
	if k := len(l.snapshots); p.Offset == 0 && k > 0 && l.snapshots[k-1].Offset > 0 {
		newest := l.snapshots[k-1] // less to send than the log in most cases
		return nil, &newest
	}
	if p == (Position{}) && l.start.Offset == 0 {
		return nil, nil
	}
	if l.start.Offset > 0 && (p.Offset < l.start.Offset || p.Offset == l.start.Offset && p.Epoch != l.start.Epoch || p.Epoch < l.start.Epoch) {
		newest := l.snapshots[len(l.snapshots)-1]
		return nil, &newest
	}
	if end := l.endOf(p.Epoch); end.Epoch != p.Epoch || end.Offset < p.Offset {
		return &end, nil
	}
	return nil, nil
}

// truncationOf returns the offset to which a log is cut when the leader's log has the end
// `diverging` (ReplicatedLog.truncateToEndOffset).
func (l *logView) truncationOf(diverging Position) int64 {
	local := l.endOf(diverging.Epoch)
	if local.Epoch == diverging.Epoch {
		return min(local.Offset, diverging.Offset)
	}
	return local.Offset
}
