// Package sim runs a whole node in one goroutine: the same engines and handlers as in the process,
// over simulated time, a simulated disk and one seed.
//
// A World is one run. Its clients produce, fetch, join groups and alter topics through the encoded
// bytes of Kafka's protocol. Its faults cut the power, kill, pause and restart the node, move the
// wall clock and make file descriptors scarce. Its checkers compare every answer with a model of
// the promises of earlier answers.
//
// The same seed gives the same trace, byte for byte: of all events, all answers and all operations
// on files. The seed repeats a run that found a violation.
//
//	go test ./internal/sim                       # a few seeds
//	go run ./test/simulate -hours 100 -seed 1    # many
package sim
