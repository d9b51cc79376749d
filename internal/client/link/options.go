package link

import "time"

// Options are the bounds of a link. Zero values mean the defaults.
type Options struct {
	// Backoff and BackoffMax bound the pause before a dial that follows a failure
	// (reconnect.backoff.ms and reconnect.backoff.max.ms). 0 means 50 ms and 1 s.
	Backoff, BackoffMax time.Duration
	// SetupTimeout bounds a dial, and then the answer to ApiVersions. It doubles with each failure
	// in a row, up to SetupTimeoutMax. 0 means 1 s and 4 s.
	SetupTimeout, SetupTimeoutMax time.Duration
	// IdleAfter is the time without a request after which the connection is closed. 0 means 9
	// minutes, less than connections.max.idle.ms of a broker.
	IdleAfter time.Duration
	// CheckWithin is the time since the last use in which a broken connection is dialed again
	// without a request. 0 means 1 minute.
	CheckWithin time.Duration
	// MaxInFlight bounds the requests that are written and not answered. 0 means 100.
	MaxInFlight int
	// MaxQueued bounds the requests that wait to be written. 0 means 10,000.
	MaxQueued int
	// MaxUnwritten is the number of encoded bytes that wait for the socket, above which no more
	// requests are encoded. 0 means 1 MiB.
	MaxUnwritten int
	// AskVersion is the version of the first ApiVersions request of a connection.
	AskVersion int16
	// Seed is the seed of the jitter.
	Seed uint64
}

func (o *Options) setDefaults() {
	or := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	or(&o.Backoff, 50*time.Millisecond)
	or(&o.BackoffMax, time.Second)
	or(&o.SetupTimeout, time.Second)
	or(&o.SetupTimeoutMax, 4*time.Second)
	or(&o.IdleAfter, 9*time.Minute)
	or(&o.CheckWithin, time.Minute)
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 100
	}
	if o.MaxQueued == 0 {
		o.MaxQueued = 10_000
	}
	if o.MaxUnwritten == 0 {
		o.MaxUnwritten = 1 << 20
	}
}

// grown returns a duration that doubles with each failure after the first one, with a jitter of 20
// %, and is at most most.
func (l *Link) grown(first, most time.Duration, failures int) time.Duration {
	d := first
	for range min(failures, 30) {
		if d >= most {
			break
		}
		d *= 2
	}
	d = min(d, most)
	jitter := d / 5
	d += time.Duration(l.random(uint64(2*jitter)+1)) - jitter
	return min(d, most)
}

// random returns a number below n (splitmix64).
func (l *Link) random(n uint64) uint64 {
	l.seed += 0x9e3779b97f4a7c15
	z := l.seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) % n
}
