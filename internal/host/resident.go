package host

import "sync"

// Resident returns an executor for one Loop on a hot path, and a function that ends it after the
// loop is closed. On Real it keeps one goroutine: a step in a new goroutine costs a microsecond
// more, because its stack has to grow each time. Resident returns any other executor unchanged.
func Resident(e Executor) (Executor, func()) {
	h, ok := e.(real)
	if !ok {
		return e, func() {}
	}
	r := &resident{real: h, work: make(chan func(), 1)}
	return r, r.end
}

type resident struct {
	real
	begin sync.Once
	// work has room for one function: a loop passes the next one after the last one has returned,
	// or is about to return.
	work chan func()
}

// Go runs f on the goroutine of r.
func (r *resident) Go(f func()) {
	r.begin.Do(r.start)
	r.work <- f
}

func (r *resident) end() { close(r.work) }
