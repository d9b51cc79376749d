//go:build race

package node_test

// raceEnabled: bounds of time do not hold under the race detector.
const raceEnabled = true
