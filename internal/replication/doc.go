// Package replication is the engine of partitions: Kafka's ReplicaManager. It puts together the replica core, the log, delayed
// produces and fetches, and the group commit of internal/logmanager.
//
// # Append
//
// An AppendRequest goes to its partitions one by one. Each partition has a queue: who finds it busy leaves the append there and
// goes on, who finds it idle appends for everybody until the queue is empty. So appends that meet share one lock hold, one
// move of the high watermark, one wake-up of fetches and one fsync, order per connection is kept, and with acks 0 and 1 the
// request is completed on the goroutine that brought it unless it met another. acks=all is answered when the high watermark
// has passed the records and, unless the topic has write.caching, the local log is on disk.
//
// # Fetch
//
// A FetchRequest reads each partition below its bound: the high watermark, the last stable offset for read_committed, the log
// end for a replica. If that is less than min.bytes it is parked: it watches its partitions, and whoever moves a high watermark
// past enough bytes completes it.
//
// # Locks
//
// In this order: a partition's mutex, then the purgatory's. Callbacks run without any lock of this package.
//
// Durability, and what a consumer may see: the high watermark moves when all in-sync replicas have the records, as in Kafka,
// not when they are on disk; so a consumer may read a record whose producer has yet to be answered.
package replication
