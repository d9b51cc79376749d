package config

import (
	"strconv"
	"strings"
)

// MaxConnectionsPerIPOverrides parses max.connections.per.ip.overrides ("host:count,host:count").
func (b *Broker) MaxConnectionsPerIPOverrides() (map[string]int, error) {
	const key = "max.connections.per.ip.overrides"
	s := b.String(key)
	out := make(map[string]int)
	for _, pair := range splitList(s) {
		colon := strings.LastIndexByte(pair, ':')
		if colon < 1 {
			return nil, invalid(key, s, "each entry must be host:count")
		}
		n, err := strconv.Atoi(strings.TrimSpace(pair[colon+1:]))
		if err != nil || n < 0 {
			return nil, invalid(key, s, "the count of "+pair[:colon]+" is not a number")
		}
		out[strings.TrimSpace(pair[:colon])] = n
	}
	return out, nil
}
