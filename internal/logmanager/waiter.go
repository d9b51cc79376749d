package logmanager

// Waiter waits for a log to be on disk.
type Waiter interface {
	// Synced is called once for each AwaitSync, on a goroutine of the committer and without a lock.
	// It must be quick. The error says that the log will not be on disk: its directory is offline,
	// or the log was closed or truncated.
	Synced(err error)
}
