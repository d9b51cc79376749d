//go:build race

package node_test

// raceEnabled reports that the race detector is on. Bounds of time do not hold then.
const raceEnabled = true
