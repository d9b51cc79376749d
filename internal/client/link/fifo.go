package link

// fifo is a queue of requests. It reuses its memory.
type fifo struct {
	all  []*Request
	head int
}

func (q *fifo) len() int { return len(q.all) - q.head }

func (q *fifo) push(r *Request) {
	if q.head > 0 && len(q.all) == cap(q.all) {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
	q.all = append(q.all, r)
}

// first returns the oldest request, nil for none.
func (q *fifo) first() *Request {
	if q.len() == 0 {
		return nil
	}
	return q.all[q.head]
}

// pop removes the oldest request.
func (q *fifo) pop() *Request {
	r := q.all[q.head]
	q.all[q.head] = nil
	if q.head++; q.head == len(q.all) {
		q.all, q.head = q.all[:0], 0
	}
	return r
}

// remove removes the requests for which drop is true, and keeps the order of the others.
func (q *fifo) remove(drop func(*Request) bool) {
	keep := q.all[:0]
	for _, r := range q.all[q.head:] {
		if !drop(r) {
			keep = append(keep, r)
		}
	}
	clear(q.all[len(keep):])
	q.all, q.head = keep, 0
}

// each visits the requests, oldest first.
func (q *fifo) each(visit func(*Request)) {
	for _, r := range q.all[q.head:] {
		visit(r)
	}
}
