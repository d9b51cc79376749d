package logmanager

// Waiter is told when what it waits for is on disk, or that it never will be (err, then its log dir is offline). Durable is
// called once per Durable of the Manager, on a committer goroutine, without a lock held; it must be short.
type Waiter interface{ Durable(err error) }
