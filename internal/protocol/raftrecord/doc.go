// Package raftrecord holds the schema of the quorum-state file.
package raftrecord
