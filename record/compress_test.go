package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

func inputs() map[string][]byte {
	rng := rand.New(rand.NewSource(1))
	noise := make([]byte, 200<<10)
	rng.Read(noise)
	return map[string][]byte{
		"empty": {}, "one": {7}, "text": []byte("to be or not to be, that is the question"),
		"zeroes": make([]byte, 3<<20), "noise": noise, "mixed": append(bytes.Repeat([]byte("abcdefgh"), 20<<10), noise...),
	}
}

func TestCodecsThereAndBack(t *testing.T) {
	for name, in := range inputs() {
		for codec := None; codec <= Zstd; codec++ {
			for _, level := range []int{-1, 0, 1, 5, 9, 17, 22} {
				packed, err := Compress([]byte("before"), in, codec, level)
				if err != nil {
					t.Fatal(err)
				}
				for _, dst := range [][]byte{nil, []byte("before"), make([]byte, 3, 5<<20)} {
					got, err := Decompress(dst, packed[6:], codec, Limits{})
					if err != nil || !bytes.Equal(got[len(dst):], in) || !bytes.Equal(got[:len(dst)], dst) {
						t.Fatalf("%s %s level %d: %d bytes, %v", name, codec, level, len(got), err)
					}
				}
			}
		}
	}
}

func TestDecompressLimit(t *testing.T) {
	in := bytes.Repeat([]byte("0123456789"), 100_000)
	for codec := None; codec <= Zstd; codec++ {
		packed, err := Compress(nil, in, codec, 0)
		if err != nil {
			t.Fatal(err)
		}
		all := [][]byte{packed}
		if codec == Snappy {
			all = append(all, s2.EncodeSnappy(nil, in))
		}
		if codec == Zstd {
			all = append(all, zstdStream(t, in))
		}
		for i, packed := range all {
			name := fmt.Sprint(codec, i)
			if out, err := Decompress(nil, packed, codec, Limits{MaxDecompressed: len(in)}); err != nil || !bytes.Equal(out, in) {
				t.Errorf("%s: %d bytes at the limit: %v", name, len(out), err)
			}
			for _, limit := range []int{len(in) - 1, len(in) / 2, 1} {
				out, err := Decompress([]byte("x"), packed, codec, Limits{MaxDecompressed: limit})
				if !errors.Is(err, ErrTooLarge) || len(out) != 1 {
					t.Errorf("%s: limit %d: %d bytes, %v", name, limit, len(out), err)
				}
				if cap(out) > 2*limit+(1<<20) {
					t.Errorf("%s: limit %d reserved %d bytes", name, limit, cap(out))
				}
			}
		}
	}
}

// zstdStream compresses without stating the size, as Kafka's producer does.
func zstdStream(t testing.TB, in []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for len(in) > 0 { // several writes: the encoder does not know the whole
		n := min(len(in), 100_000)
		if _, err := w.Write(in[:n]); err != nil {
			t.Fatal(err)
		}
		in = in[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestZstdStreams(t *testing.T) {
	for name, in := range inputs() {
		packed := zstdStream(t, in)
		if _, exact, err := zstdExtent(packed); len(in) > 128<<10 && (exact || err != nil) {
			t.Fatal(name, "states its size", err)
		}
		packed = append(packed, 0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i') // a frame to be skipped
		both := append(bytes.Clone(packed), packed...)
		got, err := Decompress(nil, both, Zstd, Limits{})
		if err != nil || !bytes.Equal(got, append(bytes.Clone(in), in...)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// Memory follows the blocks of a frame, not its claims.
func TestClaimsReserveNothing(t *testing.T) {
	zstdClaim := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 7, 1, 0, 0} // 112 MiB of content, one empty block
	snappyClaim := append(binary.AppendUvarint(nil, 100<<20), 0, 'x')
	lz4Claim, _ := Compress(nil, []byte("x"), LZ4, 0)
	binary.LittleEndian.PutUint32(lz4Claim[7:], 60000)
	for codec, in := range map[Codec][]byte{Zstd: zstdClaim, Snappy: snappyClaim, LZ4: lz4Claim} {
		out, err := Decompress(nil, in, codec, Limits{})
		if !errors.Is(err, ErrInvalid) || cap(out) > 1<<20 {
			t.Errorf("%s: %v, %d bytes reserved", codec, err, cap(out))
		}
	}
}

func TestSnappyForms(t *testing.T) {
	text := bytes.Repeat([]byte("snappy raw and framed "), 5000)
	framed, err := Compress(nil, text, Snappy, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw := s2.EncodeSnappy(nil, text)
	for name, in := range map[string][]byte{"framed": framed, "raw": raw, "raw better": s2.EncodeSnappyBest(nil, text)} {
		if out, err := Decompress(nil, in, Snappy, Limits{}); err != nil || !bytes.Equal(out, text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := append(bytes.Clone(framed), framed...)
	if out, err := Decompress(nil, twice, Snappy, Limits{}); err != nil || len(out) != 2*len(text) {
		t.Errorf("two frames: %d, %v", len(out), err)
	}
	bad := bytes.Clone(framed)
	bad[11] = 0
	for name, in := range map[string][]byte{
		"version 0": bad, "header only half": framed[:12], "chunk size cut": framed[:18], "chunk cut": framed[:len(framed)-1],
		"nothing": {}, "s2 repeats": s2.EncodeBetter(nil, bytes.Repeat(append(make([]byte, 100), "0123456789"...), 2000)),
	} {
		if out, err := Decompress(nil, in, Snappy, Limits{}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %d bytes, %v", name, len(out), err)
		}
	}
}

func TestLZ4Forms(t *testing.T) {
	text := bytes.Repeat([]byte("lz4 frames of other makers "), 20000)
	write := func(options ...lz4.Option) []byte {
		var out bytes.Buffer
		w := lz4.NewWriter(&out)
		if err := w.Apply(append(options, lz4.ConcurrencyOption(1))...); err != nil {
			t.Fatal(err)
		}
		_, err := w.Write(text)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	good := write(lz4.BlockSizeOption(lz4.Block256Kb), lz4.ChecksumOption(true), lz4.BlockChecksumOption(true), lz4.SizeOption(uint64(len(text))))
	for name, in := range map[string][]byte{
		"default": write(), "64 KiB": write(lz4.BlockSizeOption(lz4.Block64Kb)), "all options": good,
	} {
		if out, err := Decompress(nil, in, LZ4, Limits{}); err != nil || !bytes.Equal(out, text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own, err := Compress(nil, text, LZ4, 0)
	if err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len(text))
	if n, err := lz4.NewReader(bytes.NewReader(own)).Read(back); n != len(text) || err != nil || !bytes.Equal(back, text) {
		t.Errorf("another reader gets %d bytes, %v", n, err)
	}
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	dependent := bytes.Clone(own)
	dependent[4] &^= lz4BlockIndependent
	for name, in := range map[string][]byte{
		"magic": flip(0), "flags": flip(4), "header checksum": flip(14), "block checksum": flip(len(good) - 12), "cut": own[:len(own)-5],
		"no end": own[:len(own)-4], "dependent blocks": dependent, "nothing": {},
	} {
		if out, err := Decompress(nil, in, LZ4, Limits{}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %d bytes, %v", name, len(out), err)
		}
	}
}

func TestXXH32(t *testing.T) { // known answers of the reference implementation
	for in, want := range map[string]uint32{
		"": 0x02cc5d05, "a": 0x550d7456, "abc": 0x32d153ff, "Nobody inspects the spammish repetition": 0xe2293b2f,
	} {
		if got := xxh32([]byte(in)); got != want {
			t.Errorf("%q: %#x", in, got)
		}
	}
}

func TestUnknownCodec(t *testing.T) {
	if _, err := Compress(nil, nil, 5, 0); !errors.Is(err, ErrUnsupportedCodec) {
		t.Error(err)
	}
	if _, err := Decompress(nil, nil, 7, Limits{}); !errors.Is(err, ErrUnsupportedCodec) {
		t.Error(err)
	}
}
