//go:build race

package gregor_test

// raceEnabled: bounds of time do not hold under the race detector.
const raceEnabled = true
