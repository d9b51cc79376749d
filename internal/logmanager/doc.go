// Package logmanager is the engine that owns all logs of all log directories. It opens the logs,
// keeps their checkpoints, runs retention and compaction, syncs appends in groups, and takes a
// directory offline when its disk fails. Kafka's counterparts are LogManager, LogCleaner and
// LogDirFailureChannel.
//
// Life: New locks the directories. Load opens every log, in parallel. Run starts the committers,
// the flushers and the cleaner threads. Tick does the periodic work that is due. Stop closes
// everything and writes the clean-shutdown markers.
//
// Each directory has its own committer, flusher and periodic work: a disk that hangs holds up its
// own directory only. Directories share the cleaner threads, as in Apache Kafka, the sweep of idle
// files, and the changes of metadata that create and delete logs one after the other.
//
// Group commit: a caller whose answer depends on bytes on disk hands a log, an offset and a
// callback to AwaitSync. The committer of the directory takes all requests that wait, makes their
// logs durable together and calls back. It uses one fdatasync for each log, or one syncfs when many
// logs are dirty. Requests that arrive meanwhile form the next group.
//
// After a failed sync nothing is tried again: the directory goes offline, and every request in the
// group gets the error. fsync may forget that a page was not written, so a second call that
// succeeds proves nothing. Only a lack of file descriptors is tried again, because no sync has
// begun then.
//
// Errors have classes (storage.Classify): a lack of file descriptors changes nothing, damage to a
// log takes its partition out of service, and an error of the disk takes the directory offline.
package logmanager
