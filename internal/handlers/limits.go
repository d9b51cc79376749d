package handlers

import "github.com/gregorhq/gregor/internal/protocol"

// maxElements bounds the elements of all arrays of one request together. A request with more closes
// its connection. A partition takes 6 bytes of a Produce, and 100 times as much memory to look it
// up and to answer it: a request of 100 MiB would need 18 GiB. A request for every partition of the
// largest clusters has a fifth of maxElements.
const maxElements = 500_000

// heavyFrom is the number of elements from which a request is heavy: few heavy requests are in
// their handlers at the same time, see Exchange.Heavy.
const heavyFrom = 1_000

// maxAnswer bounds the size in bytes of answers that a small request can make large, approximately.
// An example is an OffsetFetch that names one partition many times: the metadata of its commit is
// in the answer each time.
const maxAnswer = 100 << 20

// allowance is the rest of maxAnswer.
type allowance int

func newAllowance() *allowance {
	a := allowance(maxAnswer)
	return &a
}

// take uses n bytes and returns true, or false when nothing is left. The last part may exceed the
// rest.
func (a *allowance) take(n int) bool {
	if *a <= 0 {
		return false
	}
	*a -= allowance(n)
	return true
}

// tooMuch is the error code of the parts that would make an answer too large.
const tooMuch = protocol.ErrInvalidRequest

var tooMuchText = "The answer would be too large; ask for less in one request."
