// Package storage keeps ONE partition: a log of record batches in Apache Kafka's own files, with
// what belongs to it on disk: offset, time and transaction indexes, producer state, leader epochs,
// recovery, truncation, retention and compaction. It is usable alone:
//
//	l, err := storage.Open(storage.Options{FS: vfs.OS(), Dir: "data/orders-0", Topic: "orders"})
//	info, err := l.AppendAsLeader(batches, storage.AppendOptions{LeaderEpoch: 0, NowMs: now})
//	err = l.Sync(info.LastOffset + 1) // durable from here on
//	r, err := l.Read(0, storage.ReadOptions{MaxBytes: 1 << 20, Below: l.LogEndOffset()})
//	defer r.Slice.Close()
//	_, err = r.Slice.WriteTo(conn) // sendfile
//
// docs/storage-format.md describes the bytes. The comment of [Log] says which call syncs what, and
// why.
//
// # What the owner of a Log does
//
// There is no goroutine, timer or clock here, and randomness comes from Options.Rand. The owner of
// the logs of a directory
//   - calls Sync, or PrepareSync, vfs.FS.SyncFS and SyncDone over many logs, before acknowledging
//     what must be durable, and after an append that rolled a segment;
//   - calls DeleteOldSegments, DeleteFiles, RemoveExpiredProducers, Clean and FilePool.Sweep from
//     time to time;
//   - writes the checkpoint files of the directory: RecoveryPoint and LogStartOffset regularly, and
//     lowers them when Options.LowerCheckpoints asks for it. A recovery point that is too low costs
//     time, one that is too high trusts bytes that no sync has covered;
//   - acts on errors by their class, see [Classify]: a failed disk takes the directory offline, and
//     nothing is tried twice; damage concerns one partition; a lack of file descriptors passes;
//   - shows Log.Damage to the operator.
//
// # Parts
//
// An append moves the log, indexes, producer state and epochs together, and recovery, truncation
// and compaction rebuild them together: this package does so, under the locks of Log. That is why
// it has more than 6,000 lines in one package. Parts that
// know nothing of a Log are packages below it: internal/segfile (formats of a segment's files),
// internal/filepool (open files and slices of them), internal/checkpoint (checkpoint files, leader
// epochs), internal/producer (producer state) and internal/compact (a cleaning run).
//
// # Not obvious
//
//   - A read never goes on in the next segment, even if bytes are left of its budget: after a cut
//     inside a segment that would skip the rest of it.
//   - An index counts only as far as the batch that it names agrees. Recovery uses none.
//   - A read holds no lock of the log while it waits for the disk. It works on a view, and begins
//     again when a truncation, retention or a replacement of segments has overtaken it.
//   - Recovery removes nothing below the recovery point: a bad batch there is damage, not a torn
//     write.
//   - A change of segments that lacks a file descriptor in the middle stays in the log, and the log
//     finishes it before the next one, see unfinished.go.
//   - Only whole batches are returned, so an answer may be smaller than asked for, and empty when
//     the first batch is too large and MinOneBatch is not set.
//   - Offsets may have gaps, and the first batch of a read may begin below the offset asked for.
//   - A read never returns a batch that reaches beyond ReadOptions.Below.
package storage
