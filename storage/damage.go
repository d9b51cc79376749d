package storage

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// cutSuffix ends the names of files that keep bytes which were cut out of the log:
// OFFSET.log.POSITION.cut holds the bytes of OFFSET.log from POSITION on. Apache Kafka ignores such
// names in a partition's folder, and removes them with the folder.
const cutSuffix = ".cut"

// Damage is a part of the log that was on disk once and cannot be read any more.
type Damage struct {
	// From and To bound the offsets: [From, To). To is -1 when the end is not known.
	From, To int64
	// File keeps the bytes that were cut out of the log, in the partition's folder. It is empty
	// when the bytes are still in the log, or gone.
	File string
	// Text says what happened.
	Text string
}

// Damage lists what Open and readers found damaged or missing, and the files with bytes that an
// earlier Open cut out of the log.
func (l *Log) Damage() []Damage {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.damage)
}

// report notes damage. The caller is alone with the log.
func (l *Log) report(d Damage) {
	l.damage = append(l.damage, d)
	l.logger.Error("log is damaged: "+d.Text, "dir", l.dir, "from_offset", d.From, "to_offset", d.To, "file", d.File)
}

// listCut notes the files that earlier opens have left.
func (l *Log) listCut(names []fs.DirEntry) {
	for _, e := range names {
		if base, suffix, ok := segfile.ParseOffsetName(e.Name()); ok && strings.HasPrefix(suffix, segfile.LogSuffix) && strings.HasSuffix(suffix, cutSuffix) {
			l.report(Damage{From: base, To: -1, File: e.Name(), Text: "bytes were cut out of the log at an earlier start"})
		}
	}
}

// hole is a part of the log, [from, to), whose segment files do not exist. It ends at the segment
// behind, and it is over when that one is gone: recovery has set it aside, or a truncation has
// removed it. A new segment may begin at the same offset later.
type hole struct {
	offsetRange
	behind *segment
}

// offsetRange is [from, to).
type offsetRange struct{ from, to int64 }

// missing returns an error when offset lies in a hole.
func (v *view) missing(offset int64) error {
	i := floorOf(v.segments, offset)
	if r, ok := v.lostBehind(i); ok && offset >= r.from {
		return fmt.Errorf("%w: the segment file of offsets %d to %d is missing", ErrCorruptLog, r.from, r.to-1)
	}
	return nil
}

// lostBehind returns the part of the log behind segment i whose segment files do not exist.
func (v *view) lostBehind(i int) (lost offsetRange, found bool) {
	for _, r := range v.l.lost {
		if i+1 < len(v.segments) && v.segments[i+1] == r.behind && (!found || r.from < lost.from) {
			lost, found = r.offsetRange, true
		}
	}
	return lost, found
}

// lostBelow returns ErrUncleanable when a segment file below offset is missing. Compaction would
// put the segments before and behind it together, and the hole would look like one that it left.
func (v *view) lostBelow(offset int64) error {
	for _, r := range v.l.lost {
		if r.from >= offset {
			continue
		}
		if err := v.missing(r.from); err != nil {
			return fmt.Errorf("%w: %w", ErrUncleanable, err)
		}
	}
	return nil
}

// cutName returns a name for bytes that are cut out of segment base at pos. No file has it.
func (l *Log) cutName(base, pos int64) (string, error) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s%s.%d%s", segfile.OffsetName(base), segfile.LogSuffix, pos, cutSuffix)
		if n > 0 {
			name = fmt.Sprintf("%s%s.%d-%d%s", segfile.OffsetName(base), segfile.LogSuffix, pos, n, cutSuffix)
		}
		if _, err := l.fs.Stat(filepath.Join(l.dir, name)); notExist(err) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
}

// keepTail copies the bytes of s from pos on into a file beside the log, durably.
func (l *Log) keepTail(s *segment, f vfs.File, pos, size int64) (name string, err error) {
	if name, err = l.cutName(s.base, pos); err != nil {
		return "", err
	}
	out, err := l.fs.OpenFile(filepath.Join(l.dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, vfs.FilePerm)
	if err != nil {
		return "", err
	}
	err = copyRange(out, f, pos, size)
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = l.fs.SyncDir(l.dir)
	}
	return name, err
}

func copyRange(out vfs.File, in io.ReaderAt, pos, end int64) error {
	buf := make([]byte, min(end-pos, segfile.VerifyChunk))
	for at := pos; at < end; {
		n, err := in.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if n == 0 && err != nil && err != io.EOF {
			return err
		}
		if n == 0 {
			return nil
		}
		if _, err := out.WriteAt(buf[:n], at-pos); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// setAside takes segments i and later out of the log, the last one first, and keeps their .log
// files beside it. The caller is alone with the log.
func (l *Log) setAside(i int, text string) error {
	for j := len(l.segments) - 1; j >= i; j-- {
		s := l.segments[j]
		l.forget(s)
		s.waitIO()
		for _, suffix := range s.files()[:len(s.files())-1] {
			if err := segfile.RemoveIfThere(l.fs, s.path(suffix)); err != nil {
				return err
			}
		}
		if s.size.Load() == 0 {
			if err := segfile.RemoveIfThere(l.fs, s.path(segfile.LogSuffix)); err != nil {
				return err
			}
		} else if err := l.setFileAside(s, text); err != nil {
			return err
		}
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
		l.segments = slices.Clone(l.segments[:j])
	}
	if n := len(l.segments); n > 0 {
		l.reactivate(l.segments[n-1])
	}
	return nil
}

func (l *Log) setFileAside(s *segment, text string) error {
	name, err := l.cutName(s.base, 0)
	if err != nil {
		return err
	}
	if err := l.fs.Rename(s.path(segfile.LogSuffix), filepath.Join(l.dir, name)); err != nil {
		return err
	}
	l.report(Damage{From: s.base, To: -1, File: name, Text: text})
	return nil
}
