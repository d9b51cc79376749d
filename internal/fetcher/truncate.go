package fetcher

// EpochEnd is a leader epoch and the offset at which its records end, -1 and -1 for none.
type EpochEnd struct {
	Epoch     int32
	EndOffset int64
}

// TruncateTo returns the offset to which a follower truncates its log, which ends at end. leader is
// the diverging epoch of the leader's answer, own is the answer of the follower's epoch cache for
// leader.Epoch. If the follower does not know that epoch, the logs may differ below the result,
// too. The next fetch then names an older epoch (KIP-279). Kafka's AbstractFetcherThread has the
// same rule in getOffsetTruncationState.
func TruncateTo(leader EpochEnd, end int64, own EpochEnd) int64 {
	switch {
	case leader.Epoch < 0 || own.Epoch < 0 || own.EndOffset < 0:
		return min(leader.EndOffset, end)
	case own.Epoch != leader.Epoch:
		return min(own.EndOffset, end)
	}
	return min(own.EndOffset, leader.EndOffset, end)
}
