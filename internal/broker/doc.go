// Package broker puts a node together: it formats its directories when they are new, opens the quorum, registers with the
// controller, brings logs and coordinators to what the metadata says, serves requests, and stops in the reverse order.
//
// Nothing here decides; it wires. The order in which a new metadata image is published is in publish.go.
package broker
