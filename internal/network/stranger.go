package network

import "slices"

// httpMethods are the first four bytes of HTTP requests.
var httpMethods = []string{"GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "CONN"}

// stranger says what a peer speaks whose first bytes make no size of a Kafka request; empty when they tell nothing. The
// number that they are as a size, such as 369295616, is known from Kafka's logs to few.
func stranger(head [4]byte) string {
	switch {
	case head[0] == 22 && head[1] == 3: // a handshake record, of SSL 3.0 or later
		return "; it is a TLS handshake, and this listener is without TLS"
	case slices.Contains(httpMethods, string(head[:])):
		return "; it is HTTP, for which admin.listener is"
	}
	return ""
}
