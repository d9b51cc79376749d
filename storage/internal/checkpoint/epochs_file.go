package checkpoint

import (
	"fmt"
	"strconv"

	"github.com/gregorhq/gregor/vfs"
)

// leaderEpochFile is the name of the file in a partition's folder.
const LeaderEpochFile = "leader-epoch-checkpoint"

// ReadEpochs reads a leader-epoch-checkpoint. No file gives no entries, and one that cannot be
// parsed a *Error.
func ReadEpochs(fsys vfs.FS, path string) ([]EpochEntry, error) {
	data, err := ReadIfThere(fsys, path)
	if err != nil {
		return nil, err
	}
	return ParseEpochCheckpoint(path, data)
}

// ParseEpochCheckpoint reads the bytes of a leader-epoch-checkpoint ("0\nN\nepoch
// startOffset\n..."), in the order of the file; path is named in errors.
func ParseEpochCheckpoint(path string, data []byte) ([]EpochEntry, error) {
	var out []EpochEntry
	err := Parse(path, data, func(f []string) bool {
		if len(f) != 2 {
			return false
		}
		epoch, err1 := strconv.ParseInt(f[0], 10, 32)
		start, err2 := strconv.ParseInt(f[1], 10, 64)
		out = append(out, EpochEntry{int32(epoch), start})
		return err1 == nil && err2 == nil
	})
	return out, err
}

func writeEpochs(fsys vfs.FS, path string, entries []EpochEntry) error {
	return vfs.WriteFileAtomic(fsys, path, encodeEpochs(entries))
}

func encodeEpochs(entries []EpochEntry) []byte {
	b := Header(len(entries))
	for _, e := range entries {
		b = fmt.Appendf(b, "%d %d\n", e.Epoch, e.StartOffset)
	}
	return b
}
