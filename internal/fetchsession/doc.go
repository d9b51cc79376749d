// Package fetchsession has the state of incremental fetch sessions (KIP-227). A consumer or
// follower names its partitions once. Later requests name only changes, and answers have only
// partitions with changes.
//
// It is a core, without goroutine, lock, clock or randomness. The owner of a Cache guards it with
// one lock, passes the time in, and proposes session ids.
//
// One fetch is Begin, then the reads of the partitions in Context.Parts, then Finish. Kafka's
// counterpart is FetchSession (FetchManager, FetchContext, FetchSessionCache). The rules for ids,
// epochs, order and eviction are Kafka's.
package fetchsession
