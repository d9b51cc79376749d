package logmanager

// usage is an optional method of a vfs.FS.
type usage interface {
	Usage(dir string) (totalBytes, usableBytes int64, err error)
}

// Usage returns the size of the file system that holds d and the bytes that the broker can still
// use, -1 when they are not known.
func (m *Manager) Usage(d *Dir) (totalBytes, usableBytes int64) {
	if u, ok := m.opts.FS.(usage); ok {
		if total, usable, err := u.Usage(d.path); err == nil {
			return total, usable
		}
	}
	return -1, -1
}
