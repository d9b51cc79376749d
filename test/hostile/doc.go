// Package hostile attacks a whole broker: random, damaged and oversized requests beside honest
// clients. It takes minutes and needs an idle machine: go test -tags hostile ./test/hostile
package hostile
