package perf

// later runs fn in a goroutine of its own.
func (p *producerTest) later(fn func()) { go fn() }
