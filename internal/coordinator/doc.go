// Package coordinator is the engine of all coordinators: it runs a core (internal/group now;
// transactions and share groups later) for each partition of the core's topic.
//
//	command ──Decide──▶ shard.Outcome ──Replay──▶ newest state
//	                         │
//	                         └──append──▶ log ──committed──▶ the answers
//
// # When state changes, and when answers leave
//
// A command decides on the newest state: its records are replayed at once, and the next command
// decides on them although they are not committed. No command waits for a commit before it decides.
//
// An answer leaves when everything that its command saw is committed. So an answer that carries no
// records, such as a Heartbeat or an OffsetFetch, waits as well while records of its partition are
// on their way. The answer of a failed coordinator is therefore never based on state that its
// successor does not have.
//
// When an append fails, the newest state has records that the log does not have. The engine then
// answers everything that waits with an error, drops the core and replays the log into a new one.
//
// One append of a partition is in flight at a time. Later decisions go into the next
// batch, so batches grow with the load.
//
// # Mailbox
//
// Each partition has a queue of events and no goroutine. The goroutine that posts an event to an
// idle partition runs it. The goroutine that posts to a busy one leaves at once. Timers are kept
// here; one host.Loop fires them. The host's executor runs loads.
package coordinator
