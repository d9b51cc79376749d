package logmanager

// usage is what a file system may tell beyond vfs.FS.
type usage interface {
	Usage(dir string) (totalBytes, usableBytes int64, err error)
}

// Usage is the size of the file system that holds d, and what is free of it for us, in bytes; -1 when that is not known.
func (m *Manager) Usage(d *Dir) (totalBytes, usableBytes int64) {
	if u, ok := m.opts.FS.(usage); ok {
		if total, usable, err := u.Usage(d.path); err == nil {
			return total, usable
		}
	}
	return -1, -1
}
