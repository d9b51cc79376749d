package logmanager

// syncCosts chooses between one fdatasync for each log and one syncfs for all logs of a directory,
// by the time that they took lately. Measured on ext4 with 16 KiB of new data in each file: 1, 6
// and 32 calls of fdatasync took 0.2, 1.6 and 9 ms; syncfs took 0.35, 0.5 and 1.6 ms, because it
// commits the journal once. But syncfs also waits for the writes of other programs on the file
// system. So the measured times decide, and not the number of logs alone.
type syncCosts struct {
	// eachNs and fsNs are moving averages, of one fdatasync and of one syncfs; 0 while unknown.
	eachNs, fsNs int64
	// passed counts groups for which syncfs seemed to cost more. From time to time it is tried
	// again.
	passed int
	// observe is Options.OnSync, or nil.
	observe func(ns int64)
}

const (
	// fsFrom is the lowest number of logs for syncfs while the costs are unknown.
	fsFrom = 3
	// tryAgainAfter is the number of groups after which syncfs is tried again.
	tryAgainAfter = 200
	// costWeight is the weight of the past in the averages.
	costWeight = 8
)

// preferFS reports whether a group of n logs should use syncfs.
func (c *syncCosts) preferFS(n int) bool {
	switch {
	case n < 2:
		return false
	case c.eachNs == 0 || c.fsNs == 0:
		return n >= fsFrom
	case c.fsNs < int64(n)*c.eachNs:
		c.passed = 0
		return true
	}
	if c.passed++; c.passed >= tryAgainAfter && n >= fsFrom {
		c.passed = 0
		return true
	}
	return false
}

func (c *syncCosts) tookEach(n int, ns int64) {
	each := ns / int64(max(n, 1))
	c.eachNs = average(c.eachNs, each)
	if c.observe != nil {
		for range n {
			c.observe(each)
		}
	}
}

func (c *syncCosts) tookFS(ns int64) {
	c.fsNs = average(c.fsNs, ns)
	if c.observe != nil {
		c.observe(ns)
	}
}

func average(old, ns int64) int64 {
	if old == 0 {
		return ns
	}
	return old + (ns-old)/costWeight
}
