// Package controlrecord holds keys and values of control records: transaction markers and what KRaft writes into its log and snapshots.
package controlrecord
