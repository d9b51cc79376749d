package storage

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// DirKind says what a folder in a log directory is.
type DirKind uint8

// The kinds of folders of partitions.
const (
	DirCurrent DirKind = iota // topic-partition
	DirDelete                 // topic-partition.uuid-delete, to be removed
	DirFuture                 // topic-partition.uuid-future, a replica moving between log directories
	DirStray                  // topic-partition.uuid-stray, belongs to no known topic
)

var dirKindSuffix = [...]string{DirDelete: "-delete", DirFuture: "-future", DirStray: "-stray"}

// dirNameMax is the length that Kafka keeps folder names to: file systems allow 255 bytes.
const dirNameMax = 255

// PartitionDirName is the folder of a partition in a log directory.
func PartitionDirName(topic string, partition int32) string {
	return topic + "-" + strconv.Itoa(int(partition))
}

// MarkedDirName is the folder of a partition that is deleted, moved or stray:
// topic-partition.uuid-kind. The topic is cut for delete and stray folders so that the name stays
// within 255 bytes (Kafka's UnifiedLog.logDeleteDirName and logStrayDirName).
func MarkedDirName(topic string, partition int32, unique [16]byte, kind DirKind) string {
	suffix := "-" + strconv.Itoa(int(partition)) + "." + hex16(unique) + dirKindSuffix[kind]
	if kind != DirFuture {
		topic = topic[:min(len(topic), dirNameMax-len(suffix))]
	}
	return topic + suffix
}

// IsCutName reports whether MarkedDirName may have cut the topic in a folder's name.
func IsCutName(name string) bool { return len(name) >= dirNameMax }

// hex16 is a UUID without dashes, as Kafka puts it into folder names.
func hex16(id [16]byte) string { return fmt.Sprintf("%x", id[:]) }

// ParsePartitionDir reads the name of a folder; ok is false when it is not a partition's.
func ParsePartitionDir(name string) (topic string, partition int32, kind DirKind, ok bool) {
	for k := DirDelete; k <= DirStray; k++ {
		if !strings.HasSuffix(name, dirKindSuffix[k]) {
			continue
		}
		// "t-0.<32 characters>-delete": the part behind the last dot must be as long as a UUID.
		// Otherwise the suffix is part of the topic's name.
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 || len(name)-dot-1-len(dirKindSuffix[k]) != 32 {
			return "", 0, 0, false
		}
		name, kind = name[:dot], k
		break
	}
	dash := strings.LastIndexByte(name, '-')
	if dash <= 0 || dash == len(name)-1 {
		return "", 0, 0, false
	}
	digits := name[dash+1:]
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 || digits[0] == '+' {
		return "", 0, 0, false
	}
	return name[:dash], int32(n), kind, true
}

// NeverFilled reports whether a folder has only files that the creation of a log makes, and no byte
// in the files of the segment. It is true for a folder without a file, too.
func NeverFilled(fsys vfs.FS, dir string) (bool, error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if name := e.Name(); name == PartitionMetadataFile || name == PartitionMetadataFile+".tmp" {
			continue
		}
		base, suffix, ok := segfile.ParseOffsetName(e.Name())
		if !ok || base != 0 || !slices.Contains(segfile.SegmentSuffixes[:], suffix) {
			return false, nil
		}
		if info, err := e.Info(); err != nil || info.Size() > 0 {
			return false, err
		}
	}
	return true, nil
}

// HoldsPartition reports whether a folder has a file that shows that it is a partition's:
// partition.metadata or the .log file of a segment. Other folders may have the name of one.
func HoldsPartition(fsys vfs.FS, dir string) (bool, error) {
	entries, err := fsys.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		_, suffix, ok := segfile.ParseOffsetName(e.Name())
		return e.Name() == PartitionMetadataFile || ok && suffix == segfile.LogSuffix
	}), err
}
