package logmanager

// CleanerState is what metrics tell of the cleaner (Kafka's LogCleaner and LogCleanerManager).
type CleanerState struct {
	// RecopyPercent is the bytes that the last compactions wrote per hundred that they read, 0 before the first one.
	RecopyPercent float64
	// MapUtilization is the filled part of the offset map of the last compaction that filled it most, 0 to 1.
	MapUtilization float64
	// LongestNs is how long the longest of the last compactions took, in nanoseconds.
	LongestNs int64
	// MaxDelayMs is by how much the log most overdue by max.compaction.lag.ms was late when the cleaner last looked.
	MaxDelayMs int64
	// Dirtiest is the highest dirty ratio that the last look met, 0 to 1.
	Dirtiest float64
	// LastLookMs is when the cleaner last looked for work, in milliseconds since 1970; 0 before the first time.
	LastLookMs int64
	// Uncleanable counts the logs of a directory that compaction gave up on, by the directory's path, UncleanableBytes
	// their sizes. Every directory is there.
	Uncleanable, UncleanableBytes map[string]int64
}

// CleanerState tells what the cleaner did lately.
func (m *Manager) CleanerState() CleanerState {
	s := CleanerState{Uncleanable: map[string]int64{}, UncleanableBytes: map[string]int64{}}
	for _, d := range m.dirs {
		s.Uncleanable[d.path], s.UncleanableBytes[d.path] = 0, 0
	}
	c := &m.cleaner
	c.mu.Lock()
	defer c.mu.Unlock()
	var read, written int64
	for _, r := range c.runs {
		read, written = read+r.stats.BytesRead, written+r.stats.BytesWritten
		s.MapUtilization, s.LongestNs = max(s.MapUtilization, r.stats.MapUtilization), max(s.LongestNs, r.took)
	}
	if read > 0 {
		s.RecopyPercent = 100 * float64(written) / float64(read)
	}
	s.MaxDelayMs, s.Dirtiest, s.LastLookMs = c.look.maxDelayMs, c.look.dirtiest, c.look.atMs
	for l := range c.uncleanable {
		s.Uncleanable[l.dir.path]++
		s.UncleanableBytes[l.dir.path] += l.Size()
	}
	return s
}

// noteRun keeps a compaction in the place of the oldest one.
func (c *cleaner) noteRun(r cleanerRun, err error, threads int) {
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.runs) < threads {
		c.runs = append(c.runs, r)
		return
	}
	c.runs[c.nextRun%len(c.runs)] = r
	c.nextRun++
}

func (c *cleaner) noteLook(l look) {
	c.mu.Lock()
	c.look = l
	c.mu.Unlock()
}
