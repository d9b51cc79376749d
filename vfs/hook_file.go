package vfs

import "errors"

// hookFile calls the hook of its hookFS before each operation on one open file. Size and Fd do not
// call it: they change and read no bytes.
type hookFile struct {
	File
	fs   *hookFS
	name string
}

func (f *hookFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.do(Op{Kind: OpRead, Path: f.name, Off: off, Size: len(p)}); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *hookFile) WriteAt(p []byte, off int64) (int, error) {
	err := f.fs.do(Op{Kind: OpWrite, Path: f.name, Off: off, Size: len(p)})
	if err == nil {
		return f.File.WriteAt(p, off)
	}
	var torn *TornWrite
	if errors.As(err, &torn) && torn.N > 0 {
		n, werr := f.File.WriteAt(p[:min(torn.N, len(p))], off)
		if werr != nil {
			return n, werr
		}
		return n, torn.Err
	}
	return 0, err
}

func (f *hookFile) Write(p []byte) (int, error) {
	if err := f.fs.do(Op{Kind: OpWrite, Path: f.name, Off: -1, Size: len(p)}); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *hookFile) Sync() error {
	if err := f.fs.do(Op{Kind: OpSync, Path: f.name}); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *hookFile) Truncate(size int64) error {
	if err := f.fs.do(Op{Kind: OpTruncate, Path: f.name, Off: size}); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *hookFile) Close() error {
	if err := f.fs.do(Op{Kind: OpClose, Path: f.name}); err != nil {
		f.File.Close()
		return err
	}
	return f.File.Close()
}
