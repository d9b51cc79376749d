package logmanager

// syncCosts chooses between one fdatasync per log and one syncfs for all, by what they took lately. Measured on ext4 with 16 KiB
// new in each file: one fdatasync 0.2 ms, six 1.6 ms, 32 9 ms; syncfs 0.35, 0.5 and 1.6 ms, for it commits the journal once. But
// syncfs also waits for what other programs have written to that file system, so the figures decide, not their number.
type syncCosts struct {
	// eachNs and fsNs are moving averages, of one fdatasync and of one syncfs; 0 while unknown.
	eachNs, fsNs int64
	// passed counts groups for which syncfs looked dearer: now and then it is tried again.
	passed int
	// observe is Options.OnSync, or nil.
	observe func(ns int64)
}

const (
	// fsFrom is the number of logs from which syncfs is taken while costs are unknown.
	fsFrom = 3
	// tryAgainAfter is how many groups go by before syncfs is given another chance.
	tryAgainAfter = 200
	// costWeight is the weight of the past in the averages.
	costWeight = 8
)

// preferFS tells whether a group of n logs should take syncfs.
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
