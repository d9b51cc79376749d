// Package replication is the engine of partitions: Kafka's ReplicaManager. It joins the replica
// core, the log, delayed produces and fetches, and the group commit of internal/logmanager.
//
// # Append
//
// An AppendRequest goes to its partitions one by one. The log validates the records first, without
// a lock. Then each partition has a queue. A request that finds the queue busy leaves its append
// there and goes on. A request that finds it idle appends everything in the queue until it is
// empty. Appends that meet thus share one hold of the lock, one move of the high watermark, one
// wake-up of fetches and one sync, and the order of each connection is kept. With acks 0 and 1, a
// request that met no other is complete when Append returns. acks=all is complete when the high
// watermark has passed the records and, unless the topic has write.caching, the log is synced.
//
// # Fetch
//
// A FetchRequest reads each partition below its bound: the high watermark, the last stable offset
// for read_committed, the log end for a replica. If that is less than min.bytes, the request waits
// in the purgatory. It watches its partitions. The move of a high watermark past enough bytes
// completes it.
//
// # Locks
//
// In this order: a partition's mutex, then that of a following, which sends its requests under it,
// then Manager.parked, which guards the purgatory. Other callbacks run without any lock of this
// package.
//
// # Follow
//
// A following is the fetching from one leader: a core of internal/fetcher with its lock. Images
// bring it partitions (follow). The answer to a Fetch changes logs under their mutexes, one after
// the other, and the positions of the logs go back to the core. The group commit brings durable
// offsets (diskSync).
//
// # Durability
//
// The high watermark moves when all in-sync replicas have the records on their disks, unless the
// topic has write.caching. Apache Kafka's followers do not report their disks, and their log ends
// count. Of a partition with one replica the log end counts: there a consumer may read a record a
// moment before its producer gets the answer.
package replication
