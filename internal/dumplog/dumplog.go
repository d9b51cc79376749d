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

// Run is the tool: args without the program's name, version what --version prints. It returns the exit status.
func Run(args []string, version string, stdout, stderr io.Writer) int {
	out := bufio.NewWriterSize(stdout, 64<<10)
	defer out.Flush()
	if len(args) == 0 {
		fmt.Fprint(stderr, purpose, usage)
		return 1
	}
	o, err := parseOptions(args)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 1
	case o.help:
		fmt.Fprint(stderr, purpose, usage)
		return 1
	case o.version:
		fmt.Fprintln(out, version)
		return 0
	case !o.hasFiles:
		fmt.Fprint(stderr, "Missing required argument \"[files]\"\n", usage)
		return 1
	}
	d := &dump{o: o, out: out, err: stderr}
	for _, file := range o.files {
		if err := d.file(file); err != nil {
			out.Flush()
			fmt.Fprintln(stderr, text(err))
			return 1
		}
	}
	d.printMismatches()
	return 0
}

// text is what Kafka's exceptions say: the path alone for a missing file.
func text(err error) string {
	var missing *fs.PathError
	if errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
		return missing.Path + ": no such file"
	}
	return err.Error()
}

// dump is one call of the tool.
type dump struct {
	o   *options
	out *bufio.Writer
	err io.Writer

	// What does not fit is gathered, and printed at the end, per file.
	indexMismatch, timeMismatch, timeOrder, timeNotFound, gaps mismatches
}

func (d *dump) file(name string) error {
	name = javaPath(name)
	fmt.Fprintf(d.out, "Dumping %s\n", name)
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
	fmt.Fprintf(d.err, "Ignoring unknown file %s\n", name)
	return nil
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
