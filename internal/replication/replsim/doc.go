// Package replsim runs the replication managers of three brokers in one goroutine: real logs on
// disks in memory that lose unsynced writes, the real handlers of Fetch and ListOffsets, and a
// network and a controller that the package simulates. A seed decides everything, so the same seed
// gives the same run. test/replication is its command.
//
// Faults: power cuts, kills, wiped disks, pauses, lost connections, one-way and two-way cuts, slow
// messages, changes of leaders, lost answers of the controller, log starts that move.
//
// Promises, by the names that a violation begins with:
//
//	lost         a record acknowledged with acks=all, min.insync.replicas=2, is in the log
//	             of each leader, and at the end in the log of every replica
//	isr          each member of the ISR has all records below the leader's high watermark on
//	             its disk
//	copies       two replicas have the same bytes below both high watermarks
//	watermark    the high watermark of a leader does not fall in its leader epoch, and no
//	             follower's is above those of all leaders
//	durable      a follower reports a durable offset only for records that are on its disk
//	read         each log can be read from its start to its end
//	start        at the end no log begins before that of its leader
//	liveness     after the last fault all replicas join the ISR and a record is acknowledged soon
package replsim
