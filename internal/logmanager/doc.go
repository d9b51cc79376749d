// Package logmanager is the engine that owns all logs of all log directories: it opens them, keeps their checkpoints, runs
// retention and compaction, makes appends durable by group commit, and takes a directory offline when its disk fails.
//
// Life: New locks the directories; Load opens every log, in parallel; Run starts the drivers (committer, cleaner threads);
// Tick does the periodic work that is due; Stop closes everything and writes the clean-shutdown marker. Kafka's counterparts
// are LogManager, LogCleaner and LogDirFailureChannel.
//
// Durability, by group commit: whoever must not answer before its bytes are on disk hands over (log, offset, callback) by
// AwaitSync. A committer takes all that wait, makes them durable together, by one fdatasync per log or, when many logs of one
// directory are dirty, by one syncfs, and calls back. What arrives meanwhile forms the next group. After a failed sync nothing
// is tried again: the directory goes offline and everybody who waited gets the error (fsync may clear the dirty state of
// pages that it failed to write, so a second call that succeeds proves nothing).
package logmanager
