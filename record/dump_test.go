package record

import (
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

// dump writes a set the way test/record-fixtures/Fixtures.java does.
func dump(t testing.TB, set []byte) string {
	t.Helper()
	var s strings.Builder
	_, magic, err := Peek(set)
	if err != nil {
		t.Fatal(err)
	}
	if magic < 2 {
		var r MessageSetReader
		for r.Reset(set, Limits{}); r.Next(); {
			dumpRecord(&s, r.Record())
		}
		if r.Err() != nil || len(r.Tail()) > 0 {
			t.Fatal(r.Err(), len(r.Tail()))
		}
		return s.String()
	}
	for b, err := range Batches(set) {
		if err == nil {
			err = b.Validate()
		}
		if err != nil {
			t.Fatal(err)
		}
		dumpBatch(t, &s, b)
	}
	return s.String()
}

func dumpBatch(t testing.TB, s *strings.Builder, b Batch) {
	timeType := "CreateTime"
	if b.TimestampType() == LogAppendTime {
		timeType = "LogAppendTime"
	}
	horizon, _ := b.DeleteHorizon()
	fmt.Fprintf(s, "batch base=%d last=%d epoch=%d codec=%s time=%s txn=%t control=%t start=%d max=%d producer=%d/%d sequence=%d..%d count=%d horizon=%d size=%d crc=%d\n",
		b.BaseOffset(), b.LastOffset(), b.PartitionLeaderEpoch(), b.Codec(), timeType, b.IsTransactional(), b.IsControl(), b.BaseTimestamp(),
		b.MaxTimestamp(), b.ProducerID(), b.ProducerEpoch(), b.BaseSequence(), b.LastSequence(), b.Count(), horizon, b.Size(), b.CRC())
	var r Reader
	for r.Reset(b, Limits{}); r.Next(); {
		dumpRecord(s, r.Record())
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
}

func dumpRecord(s *strings.Builder, r Record) {
	fmt.Fprintf(s, "record offset=%d time=%d key=%s value=%s headers=[", r.Offset, r.Timestamp, show(r.Key), show(r.Value))
	for h := range r.Headers.All() {
		fmt.Fprintf(s, "%s:%s ", show(h.Key), show(h.Value))
	}
	s.WriteString("]\n")
}

func show(b []byte) string {
	switch {
	case b == nil:
		return "null"
	case len(b) > 64:
		return fmt.Sprintf("%dbytes#%d", len(b), crc32.ChecksumIEEE(b))
	}
	return fmt.Sprintf("'%x'", b)
}
