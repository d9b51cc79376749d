package telemetry

import (
	"path/filepath"
	"testing"
	"time"
)

// The age of a file outlives the process: ten starts of 20 hours each rotate a log of 24 hours.
func TestTheAgeOfALogFileSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server.log")
	now := time.Now()
	write := func(l *LogFile) {
		if _, err := l.Write([]byte(now.Format(lineTime) + " INFO line\n")); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		l, err := OpenLogFile(path, Rotation{MaxAge: 24 * time.Hour, MaxFiles: 10}, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		write(l)
		now = now.Add(20 * time.Hour)
		write(l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if old, _ := filepath.Glob(path + ".*"); len(old) < 4 {
		t.Errorf("200 hours of lines are in %d files", len(old)+1)
	}
}
