// Package fetchsession is the state of incremental fetch sessions (KIP-227): a consumer or follower names its partitions once,
// later requests name only what changed, and answers carry only partitions with news.
//
// It is a core: no goroutine, lock, clock or randomness. Whoever owns a Cache guards it by one lock, passes now in, and
// supplies candidates for session ids.
//
// One fetch is Begin, then reading the partitions that Context.Parts lists, then Finish. Kafka's counterpart is FetchSession
// (FetchManager, FetchContext, FetchSessionCache), whose rules for ids, epochs, order and eviction are kept.
package fetchsession
