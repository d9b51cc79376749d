package storage

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// From every offset, with every max_bytes, over many small segments: what one
// read returns continues without a gap in the next, by offset and by byte, and never leaves its
// segment. Both ways out of a slice are taken: a file range sent to a socket, and a copy.
func TestReadsHaveNoGap(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 700, 150
	l, m := newTestLog(t, c)
	var want []byte
	at := []int{} // position in want of the batch that holds each offset
	for i := range 30 {
		b := batchOf(t, 1+i%3, 10+i*7%60, int64(i))
		mustAppend(t, l, b)
		for range b.Count() {
			at = append(at, len(want))
		}
		want = append(want, b...)
	}
	if l.SegmentCount() < 5 {
		t.Fatalf("%d segments", l.SegmentCount())
	}
	sizes := []int{1 << 11, 1 << 16, 10 << 20}
	for n := 1; n <= 900; n++ {
		sizes = append(sizes, n)
	}
	warm := func() {
		for from := range int64(len(at)) {
			for _, maxBytes := range sizes {
				checkRun(t, l, from, maxBytes, want[at[from]:])
			}
		}
	}
	warm()
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	o := testOptions(m, c)
	o.CleanShutdown, o.RecoveryPoint = true, int64(len(at))
	l = mustOpen(t, o) // cold: no tail in memory, indexes from their files
	warm()
}

// checkRun reads twice in a row and compares with the bytes that must come.
func checkRun(t *testing.T, l *Log, from int64, maxBytes int, want []byte) {
	t.Helper()
	for range 2 {
		r, err := l.Read(from, ReadOptions{MaxBytes: maxBytes, MinOneBatch: true, Below: l.LogEndOffset()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err != nil || !bytes.HasPrefix(want, got) || len(got) == 0 {
			t.Fatalf("from %d max %d: %d bytes that are not the next ones: %v", from, maxBytes, len(got), err)
		}
		if first, _, _ := record.Next(got); len(got) > maxBytes && len(got) != len(first) {
			t.Fatalf("from %d max %d: %d bytes", from, maxBytes, len(got))
		}
		want = want[len(got):]
		for b := range record.Batches(got) {
			from = b.NextOffset()
		}
		if len(want) == 0 {
			return
		}
	}
}

// The same over real files and a socket, so that sendfile does the work: from every offset, those
// inside of batches too, with limits from one byte to beyond the log.
func TestReadsHaveNoGapOverSendfile(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 3 * SendfileMin
	o := testOptions(vfs.OS(), c)
	o.Dir = t.TempDir() + "/topic-0"
	l := mustOpen(t, o)
	var all []byte
	var at []int // where the batch begins that holds an offset
	for i := range 60 {
		b := batchOf(t, 3, 2000+i*31, int64(i))
		mustAppend(t, l, b)
		at = append(at, len(all), len(all), len(all))
		all = append(all, b...)
	}
	limits := []int{1, 61, SendfileMin - 1, SendfileMin, SendfileMin + 1, 1 << 20, 10 << 20}
	for n := 3000; n < 5*SendfileMin; n += 4999 {
		limits = append(limits, n)
	}
	conn, sink := socketPair(t)
	expected := make(chan []byte, 1)
	checked := make(chan error, 1)
	go func() {
		got := make([]byte, len(all))
		for want := range expected {
			if _, err := io.ReadFull(sink, got[:len(want)]); err != nil || !bytes.Equal(got[:len(want)], want) {
				checked <- fmt.Errorf("other bytes: %v", err)
				return
			}
			checked <- nil
		}
	}()
	defer close(expected)
	sent := 0
	for _, maxBytes := range limits {
		for from := range at {
			r, err := l.Read(int64(from), ReadOptions{MaxBytes: maxBytes, MinOneBatch: true, Below: l.LogEndOffset()})
			if err != nil {
				t.Fatal(err)
			}
			size := r.Slice.Size()
			if size == 0 || size > maxBytes && from+3 < len(at) && size > at[from/3*3+3]-at[from] {
				t.Fatalf("from %d max %d: %d bytes", from, maxBytes, size)
			}
			expected <- all[at[from] : at[from]+size]
			if n, err := r.Slice.WriteTo(conn); err != nil || n != int64(size) {
				t.Fatalf("from %d max %d: sent %d of %d: %v", from, maxBytes, n, size, err)
			}
			r.Slice.Close()
			if err := <-checked; err != nil {
				t.Fatalf("from %d max %d: %v", from, maxBytes, err)
			}
			if size >= SendfileMin {
				sent++
			}
		}
	}
	if sent < len(at) {
		t.Errorf("%d reads were large enough for sendfile", sent)
	}
}

func socketPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	a, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func TestSliceOutlivesDeletion(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 500
	o := testOptions(vfs.OS(), c)
	o.Dir = t.TempDir() + "/topic-0"
	l := mustOpen(t, o)
	for range 10 {
		mustAppend(t, l, batchOf(t, 1, 100, 1))
	}
	r, err := l.Read(0, ReadOptions{MaxBytes: 1 << 20, Below: 10})
	if err != nil || r.Slice.Size() == 0 {
		t.Fatal(err)
	}
	before, _ := r.Slice.ReadInto(nil)
	l.SetHighWatermark(10)
	if err := l.SetLogStartOffset(8); err != nil {
		t.Fatal(err)
	}
	if n, _, err := l.DeleteOldSegments(1); err != nil || n == 0 {
		t.Fatalf("%d %v", n, err)
	}
	if n, err := l.DeleteFiles(1 << 40); err != nil || n == 0 {
		t.Fatalf("%d %v", n, err)
	}
	if err := l.Close(false); err != nil {
		t.Fatal(err)
	}
	after, err := r.Slice.ReadInto(nil)
	if err != nil || !bytes.Equal(before, after) {
		t.Fatalf("slice of a deleted segment: %v", err)
	}
	r.Slice.Close()
	r.Slice.Close()
}

func TestReadDoesNotAllocate(t *testing.T) {
	c := testConfig()
	c.IndexIntervalBytes = 500
	l, _ := newTestLog(t, c)
	for range 200 {
		mustAppend(t, l, batchOf(t, 1, 100, 1))
	}
	buf := make([]byte, 1<<16)
	for _, from := range []int64{199, 190, 50} {
		n := testing.AllocsPerRun(200, func() {
			r, err := l.Read(from, ReadOptions{MaxBytes: 2000, MinOneBatch: true, Below: 200})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Slice.ReadInto(buf[:0]); err != nil {
				t.Fatal(err)
			}
			r.Slice.Close()
		})
		if n > 0.5 {
			t.Errorf("from %d: %v allocations per read", from, n)
		}
	}
}

func TestOffsetForTimestamp(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 900, 100
	l, m := newTestLog(t, c)
	// Three records a batch at 100i, 100i+1, 100i+2; batch 7 is out of order.
	var stamps []int64
	for i := range int64(20) {
		ts := 100 * i
		if i == 7 {
			ts = 50
		}
		mustAppend(t, l, batchOf(t, 3, 20, ts))
		stamps = append(stamps, ts, ts+1, ts+2)
	}
	check := func(l *Log) {
		for ts := int64(0); ts < 2010; ts++ {
			want := int64(-1)
			for o, s := range stamps {
				if s >= ts {
					want = int64(o)
					break
				}
			}
			got, found, err := l.OffsetForTimestamp(ts)
			if err != nil || found != (want >= 0) || found && (got.Offset != want || got.Timestamp != stamps[want] || got.LeaderEpoch != 1) {
				t.Fatalf("timestamp %d: %+v %v %v, want offset %d", ts, got, found, err, want)
			}
		}
		if got, found, err := l.MaxTimestampOffset(); err != nil || !found || got.Offset != 59 || got.Timestamp != 1902 {
			t.Fatalf("max timestamp: %+v %v %v", got, found, err)
		}
	}
	check(l)
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		o := testOptions(m, c)
		o.CleanShutdown = i == 0
		l := mustOpen(t, o)
		check(l)
	}
	empty, _ := newTestLog(t, c)
	if _, found, err := empty.MaxTimestampOffset(); found || err != nil {
		t.Fatal("an empty log has a max timestamp")
	}
}

func TestTailRing(t *testing.T) {
	for n := range 3 * segfile.TailLen {
		r := new(segfile.Tail)
		for i := range int64(n) {
			r.Push(segfile.TailEntry{Base: i * 2, Last: i*2 + 1, Pos: i * 10, Size: 10})
		}
		oldest := int64(max(0, n-segfile.TailLen))
		for offset := int64(0); offset < int64(2*n)+2; offset++ {
			e, found, known := r.Find(offset)
			if wantKnown := n > 0 && offset >= oldest*2; known != wantKnown {
				t.Fatal(n, offset, known)
			}
			if known && (found != (offset < int64(2*n)) || found && (offset < e.Base || offset > e.Last)) {
				t.Fatal(n, offset, fmt.Sprint(e, found))
			}
		}
		for pos := int64(0); pos < int64(10*n)+5; pos++ {
			e, known := r.Border(pos)
			if wantKnown := n > 0 && pos >= oldest*10+10; known != wantKnown {
				t.Fatal(n, pos, known)
			}
			if known && e.Pos+e.Size != pos/10*10 {
				t.Fatal(n, pos, e)
			}
		}
	}
}
