package handlers

import (
	"runtime"

	"github.com/gregorhq/gregor/internal/protocol"
)

// maxElements is how many elements the arrays of one request may have together; beyond it the connection is closed. A
// partition takes six bytes of a produce, and a hundred times that to look it up and to answer for it: the 100 MiB that a
// request may have would be 18 GiB of memory. A request for every partition of the largest clusters has a fifth of this.
const maxElements = 500_000

// heavyFrom is how many elements make a request one of those of which few are worked on at once.
const heavyFrom = 1_000

// slots bounds how many heavy requests are worked on at the same time, in the whole process, as its processors are. A
// connection's goroutine that finds none waits, and its client with it: for the work of others only, never for a peer, a disk
// or a timer, so that it is soon over.
type slots chan struct{}

var heavy = make(slots, max(2, runtime.GOMAXPROCS(0)))

// enter waits for a slot if the request is heavy; what it returns gives the slot back.
func (s slots) enter(elements int) (leave func()) {
	if elements <= heavyFrom {
		return func() {}
	}
	s <- struct{}{}
	return func() { <-s }
}

// maxAnswer is about how large the answers grow that tell as much as was asked for, in bytes. Little can ask for much: one
// partition of a group named often, with the metadata of its commit told each time.
const maxAnswer = 100 << 20

// allowance is what is left of maxAnswer.
type allowance int

func newAllowance() *allowance {
	a := allowance(maxAnswer)
	return &a
}

// take uses up n bytes; false when there is no more. The one that goes beyond is still let through.
func (a *allowance) take(n int) bool {
	if *a <= 0 {
		return false
	}
	*a -= allowance(n)
	return true
}

// tooMuch is what stands instead of the parts of an answer that would make it too large.
const tooMuch = protocol.ErrInvalidRequest

var tooMuchText = "The answer would be too large; ask for less in one request."
