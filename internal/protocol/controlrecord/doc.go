// Package controlrecord holds keys and values of control records: transaction markers, and the
// control records of KRaft's log and snapshots.
package controlrecord
