package segfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/vfs"
)

func TestTxnIndexGolden(t *testing.T) {
	files, _ := filepath.Glob("../../testdata/kafka/*/*.txnindex*")
	if len(files) < 5 {
		t.Fatal(files)
	}
	for _, name := range files {
		base, _, _ := ParseOffsetName(filepath.Base(name))
		x := OpenTxnIndex(vfs.OS(), name, base)
		if err := x.sanityCheck(); err != nil {
			t.Fatal(err)
		}
		txns, _, err := x.Collect(nil, 0, 1<<40)
		if err != nil || len(txns) == 0 {
			t.Fatalf("%s: %v %v", name, txns, err)
		}
		var again []byte
		for _, txn := range txns {
			again = txn.AppendTo(again)
		}
		if data, _ := os.ReadFile(name); !bytes.Equal(again, data) {
			t.Errorf("%s is written differently", name)
		}
	}
}

func TestTxnIndex(t *testing.T) {
	fsys := vfs.NewMem()
	x := OpenTxnIndex(fsys, "/0.txnindex", 0)
	txns := []AbortedTxn{{0, 0, 10, 11}, {1, 5, 15, 13}, {2, 18, 35, 25}, {3, 32, 50, 40}}
	if err := x.Sync(); err != nil || vfs.Exists(fsys, x.Path()) || x.Size() != 0 {
		t.Fatal("an index without entries has no file", err)
	}
	for _, txn := range txns {
		if err := x.Append(txn); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Append(AbortedTxn{4, 40, 50, 50}); err == nil {
		t.Fatal("last offsets must ascend")
	}
	if err := x.Sync(); err != nil || x.Size() != 4*AbortedTxnSize {
		t.Fatal(err, x.Size())
	}
	collect := func(x *TxnIndex, from, below int64, complete bool, want ...AbortedTxn) {
		t.Helper()
		got, done, err := x.Collect(nil, from, below)
		if err != nil || done != complete || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("[%d, %d): %v %v %v, want %v %v", from, below, got, done, err, want, complete)
		}
	}
	again := OpenTxnIndex(fsys, "/0.txnindex", 0)
	collect(again, 0, 100, false, txns...)
	collect(again, 0, 32, true, txns[:3]...)
	collect(again, 0, 35, true, txns...)
	collect(again, 10, 35, true, txns...)
	collect(again, 11, 35, true, txns[1:]...)
	collect(again, 20, 41, false, txns[2:]...)
	if err := again.Append(AbortedTxn{5, 60, 70, 71}); err != nil { // an index that was not read yet
		t.Fatal(err)
	}
	if err := again.TruncateTo(51); err != nil {
		t.Fatal(err)
	}
	collect(again, 0, 100, false, txns...)
	if err := again.TruncateTo(50); err != nil {
		t.Fatal(err)
	}
	collect(again, 0, 100, false, txns[:3]...)
	if err := again.Append(txns[3]); err != nil {
		t.Fatal(err)
	}
	if err := again.Reset(); err != nil {
		t.Fatal(err)
	}
	collect(again, 0, 100, false)
}

func TestTxnIndexSanity(t *testing.T) {
	fsys := vfs.NewMem()
	x := OpenTxnIndex(fsys, "/i", 20)
	if err := x.Append(AbortedTxn{1, 5, 10, 11}); err != nil {
		t.Fatal(err)
	}
	if err := x.Flush(); err != nil {
		t.Fatal(err)
	}
	var bad *CorruptTxnIndexError
	if err := x.sanityCheck(); !errors.As(err, &bad) || !strings.Contains(err.Error(), "less than start offset 20") {
		t.Fatal(err)
	}
	if err := vfs.WriteFile(fsys, "/i", append([]byte{0, 1}, make([]byte, 32)...)); err != nil {
		t.Fatal(err)
	}
	if err := OpenTxnIndex(fsys, "/i", 0).sanityCheck(); !errors.As(err, &bad) || !strings.Contains(err.Error(), "version 1") {
		t.Fatal(err)
	}
}

func FuzzTxnIndex(f *testing.F) {
	f.Add(AbortedTxn{1, 2, 3, 4}.AppendTo(nil), int64(0))
	f.Add(append(AbortedTxn{1, 2, 3, 4}.AppendTo(nil), 1, 2, 3), int64(9))
	f.Fuzz(func(t *testing.T, data []byte, offset int64) {
		testkit.Bounded(t)
		fsys := vfs.NewMem()
		if err := vfs.WriteFile(fsys, "/i", data); err != nil {
			t.Fatal(err)
		}
		x := OpenTxnIndex(fsys, "/i", 0)
		var bad *CorruptTxnIndexError
		if err := x.sanityCheck(); err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		testkit.Cost(t, len(data), 4<<10, func() { _, _, _ = OpenTxnIndex(fsys, "/i", 0).Collect(nil, offset, offset+10) })
		if txns, _, err := x.Collect(nil, offset, offset+10); len(txns) > len(data)/AbortedTxnSize || err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if err := x.TruncateTo(offset); err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if err := x.Append(AbortedTxn{LastOffset: 1<<63 - 1}); err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
	})
}

// sanityCheck reads the whole file. An error is a *CorruptTxnIndexError or an IO error.
func (x *TxnIndex) sanityCheck() error {
	last, stable := int64(-1), int64(-1)
	var bad error
	err := x.each(0, func(_ int64, t AbortedTxn) bool {
		switch {
		case t.LastOffset < x.base:
			bad = x.corrupt("Last offset of aborted transaction %+v in index %s is less than start offset %d", t, x.Path(), x.base)
		case t.LastOffset <= last:
			bad = x.corrupt("Last offset of aborted transaction %+v in index %s is not greater than that before it, %d", t, x.Path(), last)
		case t.FirstOffset < 0 || t.FirstOffset >= t.LastOffset || t.ProducerID < 0 || t.LastStableOffset < stable || t.LastStableOffset > t.LastOffset+1:
			bad = x.corrupt("Aborted transaction %+v in index %s contradicts itself", t, x.Path())
		}
		last, stable = t.LastOffset, t.LastStableOffset
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return err
}
