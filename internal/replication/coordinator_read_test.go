package replication

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

const offsetsTopic = "__consumer_offsets"

// loadLog reads a coordinator's log as a load does. It returns the values, and the offsets that it
// has passed over.
func loadLog(t *testing.T, log *CoordinatorLog) (values []string, lost []string, err error) {
	t.Helper()
	at, _, end, err := log.Bounds(0)
	for err == nil && at < end {
		var b []byte
		var to int64
		var file string
		if b, to, file, err = log.Read(0, at, 300); err != nil {
			break
		}
		if to > at {
			lost = append(lost, fmt.Sprintf("%d-%d %s", at, to-1, file))
			at = to
		} else if len(b) == 0 {
			t.Fatalf("nothing at %d of %d", at, end)
		}
		for batch, err := range record.Batches(b) {
			if err != nil || batch.Validate() != nil {
				t.Fatalf("batch at %d: %v", batch.BaseOffset(), err)
			}
			var r record.Reader
			for r.Reset(batch, record.Limits{}); r.Next(); {
				if r.Record().Offset >= at {
					values = append(values, string(r.Record().Value))
				}
			}
			at = batch.NextOffset()
		}
	}
	return values, lost, err
}

// overwrite writes bytes into the log of the coordinator.
func overwrite(t *testing.T, fs vfs.FS, at int64, b []byte) {
	t.Helper()
	f, err := fs.OpenFile(filepath.Join("/data", offsetsTopic+"-0", "00000000000000000000.log"), os.O_RDWR, vfs.FilePerm)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// twenty is a coordinator's log of 20 batches of one record, whose values are their offsets. size
// is the size of a batch.
func twenty(t *testing.T, n *node) (log *CoordinatorLog, size int64) {
	t.Helper()
	n.createTopic(offsetsTopic, 1)
	for i := range 20 {
		n.produce(offsetsTopic, 0, fmt.Sprintf("%02d", i))
	}
	return n.m.CoordinatorLog(offsetsTopic), int64(len(batch(t, "00")))
}

// A coordinator's log with damaged batches gives all others, and says which offsets it lacks.
func TestCoordinatorLogPassesOverDamage(t *testing.T) {
	for _, at := range []int64{3, 9, 16, 64} {
		disk := vfs.NewMem()
		log, size := twenty(t, newNode(t, disk, nil))
		for _, bad := range []int64{0, 7, 8, 19} {
			overwrite(t, disk, bad*size+at, []byte{0x55})
		}
		values, lost, err := loadLog(t, log)
		const file = " 00000000000000000000.log"
		want := "[0-0" + file + " 7-8" + file + " 19-19" + file + "]"
		if err != nil || len(values) != 16 || fmt.Sprint(lost) != want {
			t.Errorf("byte %d: %v, %q, %q, want %s", at, err, values, lost, want)
		}
	}
}

// One bit of a batch's offset changes on the disk while the log is open, which knows the positions
// of its newest batches without a look at the file. A load comes to its end, and names each offset
// that it lacks.
func TestCoordinatorLogPassesOverAWrongOffset(t *testing.T) {
	for bad := range int64(20) {
		for bit := range 8 {
			disk := vfs.NewMem()
			log, size := twenty(t, newNode(t, disk, nil))
			overwrite(t, disk, bad*size+7, []byte{byte(bad) ^ 1<<bit})
			var read, lost int64
			for at := int64(0); at < 20; {
				from := at
				b, to, _, err := log.Read(0, at, 300)
				if err != nil {
					t.Fatalf("offset %d, bit %d: %v", bad, bit, err)
				}
				if to > at {
					lost, at = lost+to-at, to
				}
				for batch := range record.Batches(b) {
					if batch.LastOffset() >= at { // as the load of a coordinator
						read, at = read+1, batch.NextOffset()
					}
				}
				if at <= from {
					t.Fatalf("offset %d, bit %d: no batch follows offset %d", bad, bit, from)
				}
			}
			if read != 19 || lost != 1 {
				t.Errorf("offset %d, bit %d: %d of 20 records, %d named as lost", bad, bit, read, lost)
			}
		}
	}
}

// A lack of descriptors and a failed disk are returned. No record is left out for them.
func TestCoordinatorLogPassesOverNothingForAnErrorThatMayPass(t *testing.T) {
	for _, cause := range []error{syscall.EMFILE, syscall.EIO} {
		disk := vfs.NewMem()
		var failing atomic.Bool
		hooked := vfs.WithHook(disk, func(op vfs.Op) error {
			if failing.Load() && strings.Contains(op.Path, offsetsTopic) && (op.Kind == vfs.OpOpen || op.Kind == vfs.OpRead && cause == syscall.EIO) {
				return &os.PathError{Op: "read", Path: op.Path, Err: cause}
			}
			return nil
		})
		n := newNode(t, hooked, nil)
		log, size := twenty(t, n)
		overwrite(t, disk, 7*size+64, []byte{0x55})
		failing.Store(true)
		_, lost, err := loadLog(t, log)
		failing.Store(false)
		var code protocol.Error
		if err != nil && (!errors.As(err, &code) || code == protocol.ErrCorruptMessage) || cause == syscall.EIO && err == nil {
			t.Errorf("%v: error %v", cause, err)
		}
		if got := fmt.Sprint(lost); got != "[]" && got != "[7-7 00000000000000000000.log]" {
			t.Errorf("%v: lost %s", cause, got)
		}
	}
}

// Messages of format 1, which an old Kafka wrote and compaction has kept, are read.
func TestCoordinatorLogReadsOldMessages(t *testing.T) {
	disk := vfs.NewMem()
	log, size := twenty(t, newNode(t, disk, nil))
	body := []byte{1, 0}
	body = binary.BigEndian.AppendUint64(body, startMs)
	body = binary.BigEndian.AppendUint32(body, 1)
	body = append(body, 'k')
	body = binary.BigEndian.AppendUint32(body, uint32(int(size)-16-len(body)-4))
	body = append(body, strings.Repeat("o", int(size)-16-len(body))...)
	old := binary.BigEndian.AppendUint64(nil, 5)
	old = binary.BigEndian.AppendUint32(old, uint32(len(body)+4))
	old = binary.BigEndian.AppendUint32(old, crc32.ChecksumIEEE(body))
	overwrite(t, disk, 5*size, append(old, body...))
	values, lost, err := loadLog(t, log)
	if err != nil || len(values) != 20 || len(lost) > 0 || !strings.HasPrefix(values[5], "ooo") || values[6] != "06" {
		t.Errorf("%v, %q, %q", err, values, lost)
	}
}
