package logmanager

// CleanerState is the state of the cleaner for metrics (Kafka's LogCleaner and LogCleanerManager).
type CleanerState struct {
	// RecopyPercent is the number of bytes that the last compactions wrote per hundred bytes that
	// they read, 0 before the first one.
	RecopyPercent float64
	// MapUtilization is the highest filled part of the offset map among the last compactions, 0 to
	// 1.
	MapUtilization float64
	// LongestNs is the duration of the longest of the last compactions, in nanoseconds.
	LongestNs int64
	// MaxDelayMs is the delay of the log that was most overdue by max.compaction.lag.ms when the
	// cleaner last looked for work.
	MaxDelayMs int64
	// Dirtiest is the highest dirty ratio at the last look, 0 to 1.
	Dirtiest float64
	// LastLookMs is the time of the last look, in milliseconds since 1970; 0 before the first one.
	LastLookMs int64
	// Dirs has an entry for each log directory.
	Dirs []UncleanableLogs
}

// UncleanableLogs are the logs of a directory that the cleaner does not compact any more, because a
// compaction failed.
type UncleanableLogs struct {
	Dir         string
	Logs, Bytes int64
}

// CleanerState returns the state of the cleaner.
func (m *Manager) CleanerState() CleanerState {
	var s CleanerState
	for _, d := range m.dirs {
		s.Dirs = append(s.Dirs, UncleanableLogs{Dir: d.path})
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
	for l := range c.uncleanable { // any order: sums
		for i, d := range m.dirs {
			if l.dir == d {
				s.Dirs[i].Logs++
				s.Dirs[i].Bytes += l.Size()
			}
		}
	}
	return s
}

// noteRun keeps a compaction in the place of the oldest one.
func (c *cleaner) noteRun(r cleanerRun, threads int) {
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
