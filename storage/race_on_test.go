//go:build race

package storage

// underRace says that the race detector runs, which makes a sweep ten times slower.
const underRace = true
