package config

import (
	"regexp"

	"github.com/gregorhq/gregor/internal/java"
)

// overrideHost is Kafka's form of a host in max.connections.per.ip.overrides.
var overrideHost = regexp.MustCompile(`^` + hostChars + `*$`)

// parseIPOverrides reads max.connections.per.ip.overrides ("HOST:COUNT,HOST:COUNT") as a map from
// host to count. A host is a name, an IPv4 address or an IPv6 address without brackets.
func parseIPOverrides(text string) (map[string]int, error) {
	const key = "max.connections.per.ip.overrides"
	pairs, err := parsePairs(key, text, "HOST:COUNT")
	if err != nil {
		return nil, err
	}
	out := make(map[string]int, len(pairs))
	for _, p := range pairs {
		if !overrideHost.MatchString(p.key) {
			return nil, errorf("%s contains invalid addresses : %s", key, p.key)
		}
		n, err := java.ParseInt(p.value, 32)
		if err != nil {
			return nil, invalid(key, text, "the count '"+p.value+"' of "+p.key+" is not a number")
		}
		out[p.key] = int(n)
	}
	return out, nil
}
