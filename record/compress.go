package record

import (
	"fmt"
	"slices"
)

// DefaultLevel is the default level of each codec: gzip 6, lz4 fast, zstd 3.
const DefaultLevel = 0

// Compress appends src to dst, compressed as by Kafka's Java client. level is as in
// compression.gzip.level (1 to 9, -1), compression.lz4.level (1 to 17) and compression.zstd.level
// (-131072 to 22). A level out of range becomes the nearest one in range. snappy has no levels. An
// unknown codec is ErrUnsupportedCodec.
func Compress(dst, src []byte, codec Codec, level int) ([]byte, error) {
	switch codec {
	case None:
		return append(dst, src...), nil
	case Gzip:
		return compressGzip(dst, src, level)
	case Snappy:
		return compressSnappy(dst, src), nil
	case LZ4:
		return compressLZ4(dst, src, level)
	case Zstd:
		return compressZstd(dst, src, level)
	}
	return dst, fmt.Errorf("compression type id %d: %w", codec, ErrUnsupportedCodec)
}

// Decompress appends the decompressed src to dst. It accepts what Apache Kafka accepts: any gzip,
// snappy raw or in xerial frames, lz4 frames of independent blocks with a correct header checksum,
// and zstd with a window up to 128 MiB. Memory grows with the actual output. More output than the
// limit is ErrTooLarge, bad input is ErrInvalid. After an error the result has the length of dst.
func Decompress(dst, src []byte, codec Codec, limits Limits) ([]byte, error) {
	return decompress(dst, src, codec, limits, false)
}

// decompress is Decompress. brokenLZ4 makes it ignore the lz4 header checksum, as for message
// format 0.
func decompress(dst, src []byte, codec Codec, limits Limits, brokenLZ4 bool) ([]byte, error) {
	limit := limits.max()
	start := len(dst)
	var out []byte
	var err error
	switch codec {
	case None:
		if len(src) > limit {
			return dst, errDecompressed(codec, limit)
		}
		return append(dst, src...), nil
	case Gzip:
		out, err = decompressGzip(dst, src, limit)
	case Snappy:
		out, err = decompressSnappy(dst, src, limit)
	case LZ4:
		out, err = decompressLZ4(dst, src, limit, brokenLZ4)
	case Zstd:
		out, err = decompressZstd(dst, src, limit)
	default:
		return dst, fmt.Errorf("compression type id %d: %w", codec, ErrUnsupportedCodec)
	}
	if err != nil {
		return out[:start], err
	}
	return out, nil
}

func errDecompressed(codec Codec, limit int) error {
	return fmt.Errorf("%s payload decompresses to more than %d bytes: %w", codec, limit, ErrTooLarge)
}

func errPayload(codec Codec, why any) error {
	return fmt.Errorf("%s payload: %v: %w", codec, why, ErrInvalid)
}

// room returns dst with room for at least n more bytes. It doubles dst when dst must grow.
func room(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	return slices.Grow(dst, max(n, min(len(dst), 16<<20)))
}
