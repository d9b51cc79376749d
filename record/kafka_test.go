package record

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixtures are record sets of Apache Kafka (test/record-fixtures), by name.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/kafka/*.bin")
	if err != nil || len(files) < 40 {
		t.Fatal("fixtures missing:", len(files), err)
	}
	sets := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sets[strings.TrimSuffix(filepath.Base(f), ".bin")] = b
	}
	return sets
}

func expected(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/kafka/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadsWhatKafkaWrote(t *testing.T) {
	for name, set := range fixtures(t) {
		want := expected(t, name)
		if got := dump(t, set); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

// rebuild copies a batch through Reader and Builder.
func rebuild(t testing.TB, b Batch) Batch {
	t.Helper()
	builder := NewBuilder(OptionsOf(b))
	var r Reader
	for r.Reset(b, Limits{}); r.Next(); {
		if err := builder.AppendRecord(r.Record()); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Err(), builder.SetLastOffset(b.LastOffset())); err != nil {
		t.Fatal(err)
	}
	out, err := builder.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The builder writes the same bytes as Kafka without compression, and the same records and header
// with compression.
func TestBuilderWritesKafkasBytes(t *testing.T) {
	for name, set := range fixtures(t) {
		if !strings.HasPrefix(name, "v2-") {
			continue
		}
		in := Batch(set)
		out := rebuild(t, in)
		// An empty batch has no records for its timestamps. In a LogAppendTime batch the
		// records' own timestamps are not read.
		if in.Count() == 0 || in.TimestampType() == LogAppendTime {
			continue
		}
		if in.Codec() == None && !bytes.Equal(in, out) {
			t.Errorf("%s:\n got %x\nwant %x", name, out, in)
		}
		header := Batch(bytes.Clone(out))
		copy(header[lengthAt:leaderEpochAt], in[lengthAt:])
		copy(header[crcAt:attributesAt], in[crcAt:])
		if !bytes.Equal(header[:HeaderSize], in[:HeaderSize]) {
			t.Errorf("%s: header\n got %x\nwant %x", name, header[:HeaderSize], in[:HeaderSize])
		}
		plain, err := Decompress(nil, in.Payload(), in.Codec(), Limits{})
		if err != nil {
			t.Fatal(name, err)
		}
		again, err := Decompress(nil, out.Payload(), out.Codec(), Limits{})
		if err != nil || !bytes.Equal(plain, again) {
			t.Errorf("%s: payload differs: %v", name, err)
		}
	}
}

func TestControlBatchesAreKafkas(t *testing.T) {
	sets := fixtures(t)
	const ts = 1_700_000_000_000
	for name, b := range map[string]Batch{
		"v2-commit": EndTxnMarker{Commit: true, CoordinatorEpoch: 21}.Build(1234, ts, 5, 4712, 6),
		"v2-abort":  EndTxnMarker{CoordinatorEpoch: 22}.Build(1235, ts, 5, 4712, 6),
	} {
		if !bytes.Equal(b, sets[name]) {
			t.Errorf("%s:\n got %x\nwant %x", name, b, sets[name])
		}
		var r Reader
		r.Reset(b, Limits{})
		if !r.Next() {
			t.Fatal(r.Err())
		}
		m, err := ParseEndTxnMarker(r.Record().Key, r.Record().Value)
		if err != nil || m.Commit != (name == "v2-commit") || m.CoordinatorEpoch < 21 {
			t.Error(m, err)
		}
	}
	for name, want := range map[string]ControlType{
		"v2-leader-change": ControlLeaderChange, "v2-snapshot-header": ControlSnapshotHeader, "v2-snapshot-footer": ControlSnapshotFooter,
		"v2-kraft-version": ControlKRaftVersion, "v2-kraft-voters": ControlKRaftVoters,
	} {
		in := Batch(sets[name])
		var r Reader
		r.Reset(in, Limits{})
		if !r.Next() {
			t.Fatal(name, r.Err())
		}
		rec := r.Record()
		version, got, err := ParseControlKey(rec.Key)
		if err != nil || version != 0 || got != want || got.String() == "UNKNOWN" {
			t.Error(name, version, got, err)
		}
		if b := ControlBatch(got, rec.Value, in.BaseOffset(), rec.Timestamp, in.PartitionLeaderEpoch()); !bytes.Equal(b, in) {
			t.Errorf("%s:\n got %x\nwant %x", name, b, in)
		}
	}
}

// Every line of validator.txt is the result of Kafka's LogValidator for one fixture and one set of
// options.
func TestValidatesLikeKafka(t *testing.T) {
	sets := fixtures(t)
	lines, err := os.ReadFile("testdata/kafka/validator.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		var name string
		o := ValidateOptions{Now: 1_700_000_000_000, Topic: "t", Partition: 3}
		if _, err := fmt.Sscan(line, &name, &o.Compacted, &o.BeforeMaxMs, &o.AfterMaxMs); err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSpace(strings.SplitN(line, " ", 5)[4])
		// Kafka fails on a compressed batch with another base offset than 0.
		if strings.HasPrefix(want, "failed UnsupportedOperation") {
			continue
		}
		if got := verdict(Batch(sets[name]), o); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", line, got, want)
		}
	}
}

func verdict(b Batch, o ValidateOptions) string {
	if b.IsControl() {
		b.SetBaseOffset(0)
		err := b.ValidateProduced()
		text := strings.TrimSuffix(err.Error(), ": "+ErrInvalid.Error())
		return "failed InvalidRecordException C" + text[1:] + " in topic partition t-3"
	}
	v, err := ValidateRecords(b, o)
	if err != nil {
		return err.Error()
	}
	if v.Err() == nil {
		return fmt.Sprintf("max %d", v.MaxTimestamp)
	}
	kind, sentinel := "InvalidRecordException", ErrInvalid
	if errors.Is(v.Err(), ErrInvalidTimestamp) {
		kind, sentinel = "InvalidTimestampException", ErrInvalidTimestamp
	}
	var each []string
	for _, e := range v.Errors {
		each = append(each, fmt.Sprintf("RecordError(batchIndex=%d, message='%s')", e.Index, e.Message))
	}
	return fmt.Sprintf("refused %s %s [%s]", kind, strings.TrimSuffix(v.Err().Error(), ": "+sentinel.Error()), strings.Join(each, ", "))
}

// TestWriteForKafka builds batches of every kind and reads them back. With RECORD_WRITE_DIR it also
// writes them there with their dumps, and test/record-fixtures/run.sh lets Kafka read them.
func TestWriteForKafka(t *testing.T) {
	dir := os.Getenv("RECORD_WRITE_DIR")
	write := func(name string, set []byte) {
		text := dump(t, set)
		if dir == "" {
			return
		}
		err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name+".bin"), set, 0o644),
			os.WriteFile(filepath.Join(dir, name+".txt"), []byte(text), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, set := range fixtures(t) {
		_, magic, _ := Peek(set)
		if magic < 2 {
			up, err := UpConvert(nil, set, UpConvertOptions{KeepOffsets: true})
			if err != nil {
				t.Fatal(name, err)
			}
			write("up-"+name, up)
			continue
		}
		write(name, rebuild(t, Batch(set)))
		for codec := None; codec <= Zstd; codec++ {
			for _, level := range []int{DefaultLevel, 1, math.MaxInt16} {
				out, err := Recompress(nil, Batch(set), codec, level, Limits{})
				if err != nil {
					t.Fatal(name, err)
				}
				write(fmt.Sprintf("%s-%s-%d", name, codec, level), out)
			}
		}
	}
}
