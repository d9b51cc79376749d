package dumplog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/gregorhq/gregor/storage"
)

// snapshot prints a producer snapshot.
func (d *dump) snapshot(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	entries, err := storage.DecodeProducerSnapshot(b)
	if errors.Is(err, storage.ErrCorruptSnapshot) {
		fmt.Fprintln(d.err, corruption(b, err))
		return nil
	}
	for _, e := range entries {
		first := "OptionalLong.empty"
		if e.CurrentTxnFirstOffset >= 0 {
			first = fmt.Sprintf("OptionalLong[%d]", e.CurrentTxnFirstOffset)
		}
		fmt.Fprintf(d.out, "producerId: %d producerEpoch: %d coordinatorEpoch: %d currentTxnFirstOffset: %s lastTimestamp: %d",
			e.ProducerID, e.Epoch, e.CoordinatorEpoch, first, e.Timestamp)
		if e.LastOffset >= 0 {
			fmt.Fprintf(d.out, " firstSequence: %d lastSequence: %d lastOffset: %d offsetDelta: %d timestamp: %d",
				firstSequence(e), e.LastSequence, e.LastOffset, e.OffsetDelta, e.Timestamp)
		}
		fmt.Fprintln(d.out)
	}
	return err
}

// firstSequence counts back from the last, wrapping below 0.
func firstSequence(e storage.ProducerSnapshotEntry) int32 {
	if e.LastSequence >= e.OffsetDelta {
		return e.LastSequence - e.OffsetDelta
	}
	return int32((int64(e.LastSequence) - int64(e.OffsetDelta) + 1<<31) & (1<<31 - 1))
}

// corruption is Kafka's text for a snapshot that cannot be read.
func corruption(b []byte, err error) string {
	if len(b) < 10 || int16(binary.BigEndian.Uint16(b)) != 1 {
		return "Snapshot failed schema validation: " + err.Error()
	}
	stored, computed := binary.BigEndian.Uint32(b[2:]), crc32.Checksum(b[6:], crc32.MakeTable(crc32.Castagnoli))
	if stored != computed {
		return fmt.Sprintf("Snapshot is corrupt (CRC is no longer valid). Stored crc: %d. Computed crc: %d", stored, computed)
	}
	return "Snapshot failed schema validation: " + err.Error()
}

// txnIndex prints a transaction index.
func (d *dump) txnIndex(name string) error {
	if _, err := startOffset(filepath.Base(name)); err != nil {
		return err
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for {
		t, version, ok := storage.ParseAbortedTxn(b)
		if !ok {
			return nil
		}
		if version != 0 {
			return fmt.Errorf("Unexpected aborted transaction version %d in transaction index %s, current version is 0", version, absolute(name)) //nolint:staticcheck // Kafka's text
		}
		fmt.Fprintf(d.out, "version: %d producerId: %d firstOffset: %d lastOffset: %d lastStableOffset: %d\n",
			version, t.ProducerID, t.FirstOffset, t.LastOffset, t.LastStableOffset)
		b = b[storage.AbortedTxnSize:]
	}
}
