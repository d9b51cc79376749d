package network

import "slices"

// httpMethods are the first four bytes of HTTP requests.
var httpMethods = []string{"GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "CONN"}

// stranger names the protocol of a peer whose first bytes are no size of a Kafka request, or
// returns "". Few readers of a log recognize a size such as 369295616.
func stranger(head [4]byte) string {
	switch {
	case head[0] == 22 && head[1] == 3: // a handshake record, of SSL 3.0 or later
		return "; it is a TLS handshake, and this listener is without TLS"
	case slices.Contains(httpMethods, string(head[:])):
		return "; it is HTTP, which admin.listener serves"
	}
	return ""
}
