// Package segfile has the formats of the files of one segment: their names, the heads of batches in
// a .log file, the offset, time and transaction index. It knows nothing of a log.
package segfile

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/vfs"
)

// Suffixes of the files of a segment (Kafka's UnifiedLog and LogFileUtils).
const (
	LogSuffix       = ".log"
	IndexSuffix     = ".index"
	TimeIndexSuffix = ".timeindex"
	TxnIndexSuffix  = ".txnindex"
)

// OffsetName is the 20-digit name of the files of the segment that begins at offset.
func OffsetName(offset int64) string { return fmt.Sprintf("%020d", offset) }

// ParseOffsetName reads "00000000000000000042.log" and its kin: the number before the first dot,
// and the rest.
func ParseOffsetName(name string) (offset int64, suffix string, ok bool) {
	dot := strings.IndexByte(name, '.')
	if dot <= 0 {
		return 0, "", false
	}
	n, err := strconv.ParseInt(name[:dot], 10, 64)
	if err != nil || n < 0 || name[0] == '+' {
		return 0, "", false
	}
	return n, name[dot:], true
}

// SyncFile syncs a file that need not exist.
func SyncFile(fsys vfs.FS, name string) error {
	f, err := vfs.Open(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
