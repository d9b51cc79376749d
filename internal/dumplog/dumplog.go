package dumplog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrUnknownFile reports that a file is of no kind that the tool knows by its suffix.
var ErrUnknownFile = errors.New("unknown file")

// Run prints the files. It stops at the first file that cannot be read; what it printed until then
// stays.
func Run(o Options, stdout, stderr io.Writer) error {
	out := bufio.NewWriterSize(stdout, 64<<10)
	defer out.Flush()
	d := &dump{o: &o, out: out, err: stderr}
	ignored := 0
	for _, file := range o.Files {
		err := d.file(file)
		if errors.Is(err, ErrUnknownFile) {
			ignored++
			fmt.Fprintf(stderr, "Ignoring unknown file %s\n", javaPath(file))
			continue
		}
		if err != nil {
			return errors.New(text(err))
		}
	}
	d.printMismatches()
	if ignored == len(o.Files) {
		return ErrUnknownFile
	}
	return nil
}

// text words an error as Kafka's exceptions do; a missing file is its path and the cause.
func text(err error) string {
	var missing *fs.PathError
	if errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
		return missing.Path + ": no such file"
	}
	return err.Error()
}

// dump is one call of the tool.
type dump struct {
	o   *Options
	out *bufio.Writer
	err io.Writer

	// These hold the mismatches of each file, which are printed at the end.
	indexMismatch, timeMismatch, timeOrder, timeNotFound, gaps mismatches
}

func (d *dump) file(name string) error {
	name = javaPath(name)
	fmt.Fprintf(d.out, "Dumping %s\n", name)
	err := d.byKind(name)
	if _, missing := os.Stat(name); err != nil && missing != nil {
		return missing
	}
	return err
}

// byKind prints a file by the suffix of its name.
func (d *dump) byKind(name string) error {
	base := filepath.Base(name)
	dot := strings.LastIndexByte(base, '.')
	if dot < 0 {
		dot = len(base)
	}
	switch base[dot:] {
	case ".log", ".checkpoint":
		return d.log(name)
	case ".index":
		return d.index(name)
	case ".timeindex":
		return d.timeIndex(name)
	case ".snapshot":
		return d.snapshot(name)
	case ".txnindex":
		return d.txnIndex(name)
	}
	return ErrUnknownFile
}

// absolute is Java's File.getAbsolutePath, which resolves no dots.
func absolute(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	wd, err := os.Getwd()
	if err != nil {
		return name
	}
	return strings.TrimSuffix(wd, "/") + "/" + name
}

// sibling is the file of the same segment with another suffix.
func sibling(name, suffix string) string {
	full := absolute(name)
	stem, _, _ := strings.Cut(filepath.Base(full), ".")
	return filepath.Dir(full) + "/" + stem + suffix
}
