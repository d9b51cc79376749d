// Package broker assembles a node from the engines. It formats new directories, opens the quorum,
// registers with the controller, applies the metadata to logs and coordinators, serves requests,
// and stops in the reverse order.
//
// The package makes no decisions: the engines and cores do. publish.go defines the order in which a
// node publishes a metadata image.
package broker
