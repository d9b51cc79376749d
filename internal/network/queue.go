package network

// ring is a FIFO of exchanges that grows as needed and allocates nothing in the steady state.
type ring struct {
	buf  []*Exchange
	from int
	n    int
}

func (r *ring) len() int { return r.n }

func (r *ring) head() *Exchange {
	if r.n == 0 {
		return nil
	}
	return r.buf[r.from]
}

// at is the i-th exchange from the head.
func (r *ring) at(i int) *Exchange { return r.buf[(r.from+i)%len(r.buf)] }

func (r *ring) push(x *Exchange) {
	if r.n == len(r.buf) {
		bigger := make([]*Exchange, max(4, 2*len(r.buf)))
		for i := range r.n {
			bigger[i] = r.buf[(r.from+i)%len(r.buf)]
		}
		r.buf, r.from = bigger, 0
	}
	r.buf[(r.from+r.n)%len(r.buf)] = x
	r.n++
}

func (r *ring) pop() *Exchange {
	x := r.buf[r.from]
	r.buf[r.from] = nil
	r.from = (r.from + 1) % len(r.buf)
	r.n--
	return x
}
