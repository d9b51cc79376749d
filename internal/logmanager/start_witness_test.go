package logmanager

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const (
	epochsFile  = "/a/t-0/leader-epoch-checkpoint"
	startsFile  = "/a/" + storage.LogStartOffsetCheckpoint
	startNote   = "/a/t-0/00000000000000000012.log-start"
	disputeNote = "/a/t-0/00000000000000000012.log-start-disputed"
)

// stoppedInEpoch is stoppedLog, with records of leader epoch 3.
func stoppedInEpoch(t *testing.T) *vfs.Mem {
	t.Helper()
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	c := storage.DefaultConfig()
	c.SegmentBytes = 400
	l := create(t, m, "t", 0, c)
	for range 40 {
		_, err := l.AppendAsLeader(batchOf(t, "v"), storage.AppendOptions{LeaderEpoch: 3, NowMs: nowMs})
		must(t, err)
	}
	l.SetHighWatermark(40)
	must(t, l.Sync(40))
	must(t, l.SetLogStartOffset(12))
	m.Stop(true, 1)
	return fs
}

// firstSegment runs retention and returns the base offset of the first segment on the disk.
func firstSegment(t *testing.T, fs *vfs.Mem, l *Log) string {
	t.Helper()
	l.SetHighWatermark(l.LogEndOffset())
	_, _, err := l.DeleteOldSegments(nowMs)
	must(t, err)
	names, err := fs.ReadDir("/a/t-0")
	must(t, err)
	for _, e := range names {
		if strings.HasSuffix(e.Name(), ".log") {
			return strings.TrimLeft(strings.TrimSuffix(e.Name(), ".log"), "0")
		}
	}
	return "none"
}

// One wrong bit in leader-epoch-checkpoint after a clean stop: no deleted record is back, and
// log-start-offset-checkpoint is not reported.
func TestOneBitOfTheLeaderEpochsBringsNoRecordBack(t *testing.T) {
	fs := stoppedInEpoch(t)
	whole, err := vfs.ReadFile(fs, epochsFile)
	must(t, err)
	if string(whole) != "0\n1\n3 12\n" {
		t.Fatalf("%q", whole)
	}
	lowered := 0
	for at := range whole {
		for bit := range 8 {
			fs := stoppedInEpoch(t)
			b := slices.Clone(whole)
			b[at] ^= 1 << bit
			must(t, vfs.WriteFile(fs, epochsFile, b))
			low := slices.Contains([]string{"0\n1\n3 02\n", "0\n1\n3 10\n"}, string(b))
			for range 2 { // the second start is one after a crash
				m := open(t, fs, "/a")
				l := m.Log("t", 0)
				if l == nil {
					t.Fatalf("byte %d bit %d: no log", at, bit)
				}
				if start, end := l.LogStartOffset(), l.LogEndOffset(); start != 12 || end != 40 || len(l.Damage()) > 0 {
					t.Errorf("byte %d bit %d (%q): log [%d,%d), damage %v", at, bit, b, start, end, l.Damage())
				}
				if low && !slices.Equal(l.DamagedFiles(), []string{"t-0/leader-epoch-checkpoint"}) {
					t.Errorf("byte %d bit %d (%q): the damaged files are %v", at, bit, b, l.DamagedFiles())
				}
				if low {
					lowered++
				}
				low = false
				m.Stop(false, 1)
			}
			if starts, err := vfs.ReadFile(fs, startsFile); err != nil || string(starts) != "0\n1\nt 0 12\n" {
				t.Errorf("byte %d bit %d (%q): the log start offsets are %q, %v", at, bit, b, starts, err)
			}
		}
	}
	if lowered != 2 {
		t.Errorf("%d flips lower the epoch", lowered)
	}
}

// The same for each bit of log-start-offset-checkpoint: the first leader epoch and the name of a
// file agree. A log start offset that is too low is found, too.
func TestOneBitOfTheStartOffsetBesideLeaderEpochs(t *testing.T) {
	fs := stoppedInEpoch(t)
	whole, err := vfs.ReadFile(fs, startsFile)
	must(t, err)
	for at := range whole {
		for bit := range 8 {
			fs := stoppedInEpoch(t)
			b := slices.Clone(whole)
			b[at] ^= 1 << bit
			must(t, vfs.WriteFile(fs, startsFile, b))
			for range 2 {
				m := open(t, fs, "/a")
				l := m.Log("t", 0)
				if first := firstSegment(t, fs, l); l.LogStartOffset() != 12 || l.LogEndOffset() != 40 || len(l.Damage()) > 0 || first > "10" {
					t.Errorf("byte %d bit %d (%q): log [%d,%d) from segment %s, damage %v", at, bit, b, l.LogStartOffset(), l.LogEndOffset(), first, l.Damage())
				}
				m.Stop(false, 1)
			}
		}
	}
}

// Apache Kafka leaves no file with the log start offset in its name. So nothing shows which of the
// two files is damaged. Both are reported, the log begins at the higher offset, and the segments
// below stay, also after a crash, until DeleteRecords names the offset again.
func TestDisputedLogStartKeepsTheRecords(t *testing.T) {
	for _, settle := range []string{"delete", "edit"} {
		fs := stoppedInEpoch(t)
		must(t, fs.Remove(startNote))
		must(t, vfs.WriteFile(fs, epochsFile, []byte("0\n1\n3 2\n")))
		for i, clean := range []bool{true, false, true} {
			m := open(t, fs, "/a")
			l := m.Log("t", 0)
			if start, first := l.LogStartOffset(), firstSegment(t, fs, l); start != 12 || first != "" || m.DamagedCheckpoints() != 2 {
				t.Errorf("start %d: log start %d, first segment %q, %d damaged files: %v", i, start, first, m.DamagedCheckpoints(), l.DamagedFiles())
			}
			if r, err := l.Read(5, storage.ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: 40}); err == nil {
				t.Errorf("start %d: a read at 5 gets offset %d", i, r.FirstOffset)
			}
			m.Stop(clean, 1)
		}
		if settle == "edit" {
			must(t, vfs.WriteFile(fs, startsFile, []byte("0\n1\nt 0 2\n")))
			m := open(t, fs, "/a")
			l := m.Log("t", 0)
			if l.LogStartOffset() != 2 || m.DamagedCheckpoints() > 0 {
				t.Errorf("log start %d, %v", l.LogStartOffset(), l.DamagedFiles())
			}
			m.Stop(true, 1)
			if _, err := fs.Stat(disputeNote); err == nil {
				t.Error("the note stays")
			}
			continue
		}
		m := open(t, fs, "/a")
		l := m.Log("t", 0)
		l.SetHighWatermark(40)
		must(t, l.SetLogStartOffset(12))
		if first := firstSegment(t, fs, l); first != "10" {
			t.Errorf("the log begins with segment %q after DeleteRecords", first)
		}
		m.Stop(true, 1)
		m = open(t, fs, "/a")
		if l := m.Log("t", 0); l.LogStartOffset() != 12 || m.DamagedCheckpoints() > 0 {
			t.Errorf("log start %d, %v", l.LogStartOffset(), l.DamagedFiles())
		}
		m.Stop(true, 1)
	}
}

// Retention by size deletes the segments below a disputed log start. The dispute is over, also
// after a crash, and a clean stop removes the file that notes it.
func TestDisputedLogStartEndsWithItsRecords(t *testing.T) {
	fs := stoppedInEpoch(t)
	must(t, fs.Remove(startNote))
	must(t, vfs.WriteFile(fs, startsFile, []byte("0\n1\nt 0 10\n")))
	must(t, vfs.WriteFile(fs, epochsFile, []byte("0\n1\n3 2\n")))
	m := open(t, fs, "/a")
	l := m.Log("t", 0)
	if m.DamagedCheckpoints() != 2 {
		t.Fatalf("no dispute: %v", l.DamagedFiles())
	}
	c := *l.Config()
	c.RetentionBytes = 0
	for _, s := range l.Segments() {
		if s.BaseOffset >= 10 {
			c.RetentionBytes += s.Size
		}
	}
	l.SetConfig(&c)
	if first := firstSegment(t, fs, l); first != "10" || l.LogStartOffset() != 10 {
		t.Fatalf("first segment %q, log start %d", first, l.LogStartOffset())
	}
	for _, clean := range []bool{false, true, true} {
		m.Stop(clean, 1)
		m = open(t, fs, "/a")
		if l := m.Log("t", 0); l.LogStartOffset() != 10 || m.DamagedCheckpoints() > 0 {
			t.Errorf("clean stop %v: log start %d, %v", clean, l.LogStartOffset(), l.DamagedFiles())
		}
	}
	m.Stop(true, 1)
	names, err := fs.ReadDir("/a/t-0")
	must(t, err)
	for _, e := range names {
		if strings.Contains(e.Name(), ".log-start") {
			t.Errorf("%s stays", e.Name())
		}
	}
}

// Apache Kafka deletes the records below 13 and stops cleanly. The file of gregor's stop before, at
// 12, says nothing about a wrong bit in leader-epoch-checkpoint: the record at 12 stays deleted.
func TestTheNoteOfAnEarlierStopDoesNotCount(t *testing.T) {
	fs := stoppedInEpoch(t)
	must(t, vfs.WriteFile(fs, startsFile, []byte("0\n1\nt 0 13\n")))
	must(t, vfs.WriteFile(fs, epochsFile, []byte("0\n1\n3 12\n"))) // 13 with one wrong bit
	must(t, vfs.WriteFile(fs, "/a/.kafka_cleanshutdown", []byte(`{"version":0,"brokerEpoch":2}`)))
	m := open(t, fs, "/a")
	l := m.Log("t", 0)
	if l.LogStartOffset() != 13 || len(l.DamagedFiles()) != 2 {
		t.Errorf("the log begins at %d, %v", l.LogStartOffset(), l.DamagedFiles())
	}
	m.Stop(true, 3)
	if _, err := fs.Stat(startNote); err == nil {
		t.Error("the note of the earlier stop stays")
	}
}

// A log start offset that no place contradicts is kept, and the note follows it.
func TestTheNoteFollowsTheLogStart(t *testing.T) {
	fs := stoppedInEpoch(t)
	for _, start := range []int64{12, 15, 22, 40} {
		m := open(t, fs, "/a")
		l := m.Log("t", 0)
		l.SetHighWatermark(40)
		must(t, l.SetLogStartOffset(start))
		first := firstSegment(t, fs, l)
		m.Stop(true, 1)
		names, err := fs.ReadDir("/a/t-0")
		must(t, err)
		var notes []string
		for _, e := range names {
			if strings.Contains(e.Name(), ".log-start") {
				notes = append(notes, e.Name())
			}
		}
		var want []string
		if fmt.Sprint(start) != first {
			want = []string{fmt.Sprintf("%020d.log-start", start)}
		}
		if !slices.Equal(notes, want) {
			t.Errorf("log start %d: the notes are %v", start, notes)
		}
	}
}
