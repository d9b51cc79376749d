package replication

import (
	"errors"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// Read returns whole batches of format 2 from offset from on, up to the log end: about maxBytes,
// but at least one batch if there is any. Their checksums are right. It passes over damaged and
// missing records: those from offset from up to lost, when it is not 0. file names their file.
func (c *CoordinatorLog) Read(partition int32, from int64, maxBytes int) (batches []byte, lost int64, file string, err error) {
	p, err := c.leading(partition)
	if err != nil {
		return nil, 0, "", err
	}
	from = max(from, p.log.LogStartOffset())
	end := p.log.LogEndOffset()
	b, err := c.read(p, from, end, maxBytes)
	if err == nil {
		if whole := sound(b, from, end); len(whole) > 0 || len(b) == 0 {
			return whole, 0, "", nil
		}
	}
	if err != nil && !(storage.Classify(err) == storage.ClassPartition && errors.Is(err, storage.ErrCorruptLog)) {
		return nil, 0, "", c.code(p, err)
	}
	r, err := p.log.ReadIntact(from, maxBytes)
	if err != nil {
		return nil, 0, "", c.code(p, err)
	}
	b, bad := modern(r.Batches)
	if len(b) == 0 && bad >= 0 { // a whole wrapper of format 0 or 1, and its messages cannot be read
		return nil, bad + 1, r.File, nil
	}
	if len(b) == 0 && r.LostTo == 0 {
		return nil, 0, "", protocol.ErrKafkaStorageError // the log has changed meanwhile
	}
	return b, r.LostTo, r.File, nil
}

// read returns what Log.Read finds. It is nil when the log was truncated meanwhile.
func (c *CoordinatorLog) read(p *Partition, from, below int64, maxBytes int) ([]byte, error) {
	res, err := p.log.Read(from, storage.ReadOptions{MaxBytes: maxBytes, MinOneBatch: true, Below: below})
	if err != nil {
		return nil, err
	}
	defer res.Slice.Close()
	b, err := res.Slice.ReadInto(nil)
	if err == nil {
		return b, nil
	}
	if err := p.log.SliceError(&res, err); err != nil {
		return nil, err
	}
	return nil, protocol.ErrKafkaStorageError // the log was truncated meanwhile
}

// code is the error of the coordinator for an error of the log.
func (c *CoordinatorLog) code(p *Partition, err error) error {
	var code protocol.Error
	if errors.As(err, &code) {
		return code
	}
	return c.m.logCode(p.log, err)
}

// sound returns the batches of format 2 at the front of b that are whole, in order from offset next
// on, and below an offset. The first one may begin below next, and ends at or above it. The
// checksum does not cover the offset of a batch. So a batch behind a gap counts only when another
// one follows it, and none from the last gap on when the order is wrong behind it.
func sound(b []byte, next, below int64) []byte {
	gap, end := 0, 0
	for at := 0; at < len(b); {
		batch, _, err := record.Next(b[at:])
		if err != nil || batch.Validate() != nil || batch.LastOffset() >= below {
			break
		}
		if batch.LastOffset() < next || at > 0 && batch.BaseOffset() < next {
			return b[:gap]
		}
		end = at + len(batch)
		if batch.BaseOffset() > next {
			gap, end = at, at
		}
		next, at = batch.NextOffset(), at+len(batch)
	}
	return b[:end]
}

// modern returns the entries of b as batches of format 2. It ends in front of an entry that cannot
// be converted, and bad is its offset then, otherwise -1.
func modern(b []byte) (out []byte, bad int64) {
	for at := 0; at < len(b); {
		size, magic, err := record.Peek(b[at:])
		if err != nil || size > len(b)-at {
			return out, -1
		}
		entry := b[at : at+size]
		at += size
		if magic == 2 {
			out = append(out, entry...)
			continue
		}
		converted, err := record.UpConvert(out, entry, record.UpConvertOptions{KeepOffsets: true, LeaderEpoch: -1})
		if err != nil {
			return out, record.Batch(entry).BaseOffset()
		}
		out = converted
	}
	return out, -1
}
