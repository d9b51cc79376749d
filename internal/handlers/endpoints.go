package handlers

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
)

// nodeSet holds the brokers whose addresses are in an answer.
type nodeSet []int32

// endpoint returns the address of a broker on a listener. ok is false when the address is not known
// or is in the answer already.
func (s *nodeSet) endpoint(image *metadata.Image, node int32, listener string) (host string, port int32, rack *string, ok bool) {
	if node < 0 || slices.Contains(*s, node) {
		return "", 0, nil, false
	}
	b := image.Broker(node)
	if b == nil {
		return "", 0, nil, false
	}
	e, ok := b.Endpoint(listener)
	if !ok {
		return "", 0, nil, false
	}
	*s = append(*s, node)
	return e.Host, int32(e.Port), b.Rack, true
}

// grow lengthens s by one element, which may have old contents: the caller sets all its fields.
func grow[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
