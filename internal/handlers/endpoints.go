package handlers

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
)

// nodeSet remembers which brokers an answer has told the addresses of.
type nodeSet []int32

// endpoint is where a broker can be reached on a listener; ok is false when it is not known or has been told already.
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

// grow lengthens s by one element, which keeps whatever memory it had: the caller sets all its fields.
func grow[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
