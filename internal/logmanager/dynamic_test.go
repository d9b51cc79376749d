package logmanager

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// TestCleanerFollowsItsSettings changes each log.cleaner.* setting of a manager that runs.
func TestCleanerFollowsItsSettings(t *testing.T) {
	m := open(t, vfs.NewMem(), "/data")
	l := create(t, m, "t", 0, storage.DefaultConfig())
	m.Run()
	defer m.Stop(true, -1)
	d := config.NewDynamic(config.Default())
	set := func(key, value string) {
		t.Helper()
		if w := d.Set(map[string]string{key: value}, nil); len(w) > 0 {
			t.Fatal(w)
		}
		m.SetConfig(ConfigFrom(d.Values()))
	}
	options := func() storage.CleanOptions { return m.cleanOptions(&compaction{l: l}, 0, nowMs, nil) }

	set("log.cleaner.dedupe.buffer.size", "40000000")
	if o := options(); o.DedupeBytes != 40_000_000 {
		t.Errorf("%d bytes for keys", o.DedupeBytes)
	}
	set("log.cleaner.io.buffer.size", "8192")
	if o := options(); o.IOBytes != 4096 {
		t.Errorf("%d bytes for each of two buffers", o.IOBytes)
	}
	set("log.cleaner.io.buffer.load.factor", "0.25")
	if o := options(); o.LoadFactor != 0.25 {
		t.Errorf("load factor %v", o.LoadFactor)
	}
	set("log.cleaner.backoff.ms", "1234")
	if pause := m.cleanStep(&cleanerThread{}, 0); pause != 1234*time.Millisecond {
		t.Errorf("a thread without work pauses for %v", pause)
	}
	m.cleaner.spend(1 << 20)
	if ahead := m.cleaner.ahead(m); ahead != 0 {
		t.Errorf("a pause of %v without a rate", ahead)
	}
	set("log.cleaner.io.max.bytes.per.second", "1000")
	m.cleaner.spend(1 << 20)
	if ahead := m.cleaner.ahead(m); ahead == 0 {
		t.Error("no pause above the rate")
	}
	set("log.cleaner.threads", "3")
	if n := len(m.cleaner.all()); n != 3 {
		t.Errorf("%d threads", n)
	}
	set("log.cleaner.threads", "1")
	if pause := m.cleanStep(m.cleaner.all()[2], 2); pause != host.Forever {
		t.Errorf("the third of one threads goes on after %v", pause)
	}
}
