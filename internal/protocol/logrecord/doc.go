// Package logrecord holds records of a partition's own files: entries of the transaction index.
package logrecord
