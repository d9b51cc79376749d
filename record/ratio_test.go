package record

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// smallest is n times the smallest possible record.
func smallest(n int) []byte {
	return bytes.Repeat([]byte{2 * (minRecordSize - 1), 0, 0, 0, 1, 1, 0}, n)
}

// counted is a produced batch of a payload with n records according to its header.
func counted(codec Codec, payload []byte, n int) Batch {
	b := packed(codec, payload)
	binary.BigEndian.PutUint64(b, 0)
	binary.BigEndian.PutUint32(b[baseSequenceAt:], 0)
	binary.BigEndian.PutUint32(b[lastOffsetDeltaAt:], uint32(n-1))
	binary.BigEndian.PutUint32(b[countAt:], uint32(n))
	b.restamp()
	return b
}

// packings are payloads of the same bytes at the highest levels of several compressors.
func packings(t *testing.T, codec Codec, in []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for _, level := range []int{DefaultLevel, 9} {
		packed, err := Compress(nil, in, codec, level)
		mustNil(t, err)
		out = append(out, packed)
	}
	var w bytes.Buffer
	switch codec {
	case Gzip:
		z, err := gzip.NewWriterLevel(&w, gzip.BestCompression)
		mustNil(t, err)
		_, err = z.Write(in)
		mustNil(t, err)
		mustNil(t, z.Close())
	case Snappy:
		return append(out, s2.EncodeSnappyBest(nil, in))
	case LZ4:
		z := lz4.NewWriter(&w)
		mustNil(t, z.Apply(lz4.BlockSizeOption(lz4.Block4Mb), lz4.CompressionLevelOption(lz4.Level9), lz4.ChecksumOption(false)))
		_, err := z.Write(in)
		mustNil(t, err)
		mustNil(t, z.Close())
	case Zstd:
		z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderCRC(false), zstd.WithWindowSize(8<<20))
		mustNil(t, err)
		return append(out, z.EncodeAll(in, nil))
	}
	return append(out, w.Bytes())
}

// The count of records is accepted however well the payload is compressed.
func TestNoRealCountIsRefused(t *testing.T) {
	for codec := Gzip; codec <= Zstd; codec++ {
		for _, n := range []int{1, 1000, 1_000_000} {
			for i, packed := range packings(t, codec, smallest(n)) {
				b := counted(codec, packed, n)
				if err := b.ValidateProduced(); err != nil {
					t.Errorf("%s %d: %v", codec, i, err)
				}
				var r Reader
				got := 0
				for r.Reset(b, Limits{}); r.Next(); {
					got++
				}
				if got != n || r.Err() != nil {
					t.Errorf("%s %d: %d of %d records: %v", codec, i, got, n, r.Err())
				}
			}
			// These bytes are no records, but no other bytes compress better.
			for i, packed := range packings(t, codec, make([]byte, n*minRecordSize)) {
				if err := counted(codec, packed, n).ValidateProduced(); err != nil {
					t.Errorf("%s %d, zeroes: %v", codec, i, err)
				}
			}
		}
	}
}

// The bounds also hold for payloads that no compressor writes.
func TestMostOutputOfTheDensest(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x58} // zstd, window 2 MiB
	for i := range 100 {
		header := uint32(zstdMaxBlock)<<3 | 1<<1
		if i == 99 {
			header |= 1
		}
		frame = append(frame, byte(header), byte(header>>8), byte(header>>16), 0)
	}
	lz := []byte{0x1f, 0, 1, 0} // a literal, then a copy from one byte before
	lz = append(lz, bytes.Repeat([]byte{255}, 16000)...)
	lz = append(lz, 0, 0x50, 0, 0, 0, 0, 0)
	descriptor := []byte{lz4Version | lz4BlockIndependent, 7 << 4}
	block := binary.LittleEndian.AppendUint32(nil, lz4Magic)
	block = append(block, descriptor[0], descriptor[1], lz4Checksum(descriptor))
	block = append(binary.LittleEndian.AppendUint32(block, uint32(len(lz))), lz...)
	block = append(block, 0, 0, 0, 0)
	for codec, in := range map[Codec][]byte{Zstd: frame, LZ4: block} {
		out, err := Decompress(nil, in, codec, Limits{})
		if err != nil {
			t.Fatal(codec, err)
		}
		if most := codec.mostOutput(len(in)); int64(len(out)) > most || int64(len(out)) < most*9/10 {
			t.Errorf("%s: %d bytes of %d, %d is the most", codec, len(out), len(in), most)
		}
	}
}

func TestClaimedCounts(t *testing.T) {
	for codec := None; codec <= Zstd; codec++ {
		payload, err := Compress(nil, smallest(1), codec, DefaultLevel)
		mustNil(t, err)
		if err := counted(codec, payload, math.MaxInt32).ValidateProduced(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: 2^31-1 records in %d bytes: %v", codec, len(payload), err)
		}
	}
	if n := (Limits{}).MaxRecords(); n != DefaultMaxDecompressed/7 {
		t.Error(n)
	}
}
