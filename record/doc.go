// Package record reads, checks and writes the record sets of Apache Kafka: the bytes that travel in
// Produce and Fetch and that lie in a partition's .log files. It is usable alone; it knows no
// network, disk, clock or topic.
//
// A record set is a sequence of record batches. The format since Kafka 0.11 (magic 2, KIP-98) is
// one [Batch]:
//
//	 0  base offset            int64   assigned by the leader
//	 8  batch length           int32   bytes after this field
//	12  partition leader epoch int32   assigned by the leader
//	16  magic                  int8    2
//	17  CRC-32C                uint32  of everything from offset 21 to the end
//	21  attributes             int16   bits 0-2 codec, 3 timestamp type,
//	                                  4 transactional, 5 control, 6 delete horizon
//	23  last offset delta      int32
//	27  base timestamp         int64   milliseconds; the delete horizon if bit 6 is set (KIP-534)
//	35  max timestamp          int64   milliseconds; the append time with LogAppendTime
//	43  producer id            int64   -1: none
//	51  producer epoch         int16   -1: none
//	53  base sequence          int32   -1: none
//	57  record count           int32
//	61  records, compressed as one block when a codec is set
//
// The base offset and the leader epoch lie outside the range of the checksum, so that a broker can
// assign them without computing it again. Formats 0 and 1 ([Message]) are read, and converted to
// format 2, but never written.
//
// There are three depths of checking, with different costs. [Next] finds one whole batch in
// constant time. [Batch.Validate] adds the checksum: one pass over the bytes, no decompression.
// [ValidateRecords] decompresses the payload and reads every record.
//
// No function trusts a length that it reads, panics on input, or reserves memory because a length
// field asks for it.
package record
