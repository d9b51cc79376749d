// Package fetcher is the core of a follower: the fetching of this node's replicas from one leader
// broker. Kafka's counterparts are AbstractFetcherThread, ReplicaFetcherThread and
// FetchSessionHandler.
//
// The package is pure. Step takes an event and the time and returns Effects. The engine
// (internal/replication) carries them out in the order of their fields, reports the state
// of the logs with Applied, and sends the requests.
//
// # Requests
//
// At most one Fetch is in flight, a long poll. It belongs to an incremental fetch session
// (KIP-227), so it names only the partitions whose position the leader does not know yet. Between
// two fetches the core looks at these partitions only. A partition that is new while a fetch is in
// flight goes with a second fetch at once: a leader of this code base ends the long poll of a
// session when the session's next request arrives. Apache Kafka reads the second request when it
// has answered the first one.
//
// A fetch reports that the records before its offset are in the log of the follower. It also
// carries the durable offset, up to which they are on the follower's disk. After an append the next
// fetch waits for the group commit, so that its durable offset covers the append. It does not wait
// when the leader has more data, because the leader then answers at once and the fetch after it
// carries the durable offset.
//
// # Truncation
//
// A fetch names the epoch of the follower's last record. The leader answers with a diverging epoch
// when the logs differ (KIP-595), and the follower truncates by TruncateTo until they agree
// (KIP-101, KIP-279). Every broker that speaks Fetch 13 does so. Therefore OffsetsForLeaderEpoch is
// not needed.
//
// # Fairness
//
// A partition whose log ends below the leader's high watermark is behind. It is outside the ISR,
// and no producer waits for it. Only some of these partitions are in the session at a time: as many
// as fill half of an answer. They take turns. So partitions that are in sync find room in each
// answer.
package fetcher
