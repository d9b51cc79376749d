// Package kraftsim runs a quorum of KRaft cores in one goroutine, from one seed: controllers and
// brokers over a simulated clock, network and disks.
//
// A run alternates between chaos and calm. In the chaos, processes crash, are killed, paused and
// stopped, disks are slow or wiped, and the network loses, delays, repeats and cuts messages. After
// it, all faults end: the quorum must then have a leader that commits, and its epoch must not
// change. Drills cause one fault in the healthy quorum and measure the failover.
//
// Checkers look at each step of a node: at its effects, its disk, and the log that the whole quorum
// has committed. The same seed gives the same run, byte for byte.
//
//	go test ./internal/kraft/kraftsim             # a few seeds
//	go run ./test/kraft -hours 100 -seed 1        # many
package kraftsim
