package client

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// findTime bounds the search for the batch that cannot be read.
const findTime = 10 * time.Second

// unreadable words the failure to read the next record of a partition as Kafka's consumer does. The
// library's error names neither the offset nor the checksums, so the batch is fetched once more and
// checked here.
func (c *Consumer) unreadable(ctx context.Context, p position, cause error) error {
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	if found := c.findBad(ctx, p); found != nil {
		cause = found
	}
	return fmt.Errorf("Received exception when fetching the next record from %s. If needed, please seek past the record to continue consumption.\n%w", p, cause)
}

// findBad fetches from the consumer's position and returns the error of the first bad batch, or nil
// when it finds none.
func (c *Consumer) findBad(ctx context.Context, p position) error {
	md, err := Metadata(ctx, c.Admin, []string{p.topic})
	if err != nil || len(md.Topics) != 1 {
		return nil
	}
	t := md.Topics[0]
	leader := slices.IndexFunc(t.Partitions, func(x kmsg.MetadataResponseTopicPartition) bool { return x.Partition == p.partition })
	at, err := c.position(ctx, p, t.TopicID)
	if err != nil || leader < 0 {
		return nil
	}
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID, req.MinBytes, req.MaxBytes, req.SessionEpoch = -1, 1, 50<<20, -1
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic, rt.TopicID = p.topic, t.TopicID
	rp := kmsg.NewFetchRequestTopicPartition()
	rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes, rp.CurrentLeaderEpoch = p.partition, at, 1<<20, -1
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	resp, err := AskBroker(ctx, c.Admin, t.Partitions[leader].Leader, req)
	if err != nil || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return nil
	}
	return badBatch(p, resp.Topics[0].Partitions[0].RecordBatches)
}

// position returns the offset at which the consumer reads: behind the last record, at its start
// offset, at the committed offset, or at the start of the log.
func (c *Consumer) position(ctx context.Context, p position, id [16]byte) (int64, error) {
	if at, ok := c.next[p]; ok {
		return at, nil
	}
	if at, ok := c.Start[p.partition]; ok && at >= 0 {
		return at, nil
	}
	if c.group != "" {
		req := kmsg.NewPtrOffsetFetchRequest()
		req.Group = c.group
		g := kmsg.NewOffsetFetchRequestGroup()
		g.Group = c.group
		req.Groups = append(req.Groups, g)
		resp, err := Ask(ctx, c.Admin, req)
		if err != nil {
			return 0, err
		}
		for _, g := range resp.Groups {
			for _, t := range g.Topics {
				for _, o := range t.Partitions {
					if (t.Topic == p.topic || t.TopicID == id) && o.Partition == p.partition && o.Offset >= 0 {
						return o.Offset, nil
					}
				}
			}
		}
	}
	req := kmsg.NewPtrListOffsetsRequest()
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic = p.topic
	rp := kmsg.NewListOffsetsRequestTopicPartition()
	rp.Partition, rp.Timestamp = p.partition, -2 // the earliest
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	resp, err := Ask(ctx, c.Admin, req)
	if err != nil {
		return 0, err
	}
	for _, t := range resp.Topics {
		for _, o := range t.Partitions {
			return o.Offset, Err(o.ErrorCode, nil)
		}
	}
	return 0, errors.New("no offset")
}

// batchHeader is the size of a batch without its records.
const batchHeader = 61

// badBatch checks lengths and checksums of batches, as Kafka's consumer does.
func badBatch(p position, b []byte) error {
	for len(b) >= batchHeader {
		offset, size := int64(binary.BigEndian.Uint64(b)), int64(int32(binary.BigEndian.Uint32(b[8:])))+12
		invalid := func(format string, args ...any) error {
			return fmt.Errorf("Record batch for partition %s at offset %d is invalid, cause: %s", p, offset, fmt.Sprintf(format, args...))
		}
		if size < batchHeader {
			return invalid("Record is corrupt (size %d is smaller than the minimum of a batch)", size-12)
		}
		if size > int64(len(b)) {
			return nil // the end of the answer is cut
		}
		if stored, computed := binary.BigEndian.Uint32(b[17:]), crc32.Checksum(b[21:size], crc32.MakeTable(crc32.Castagnoli)); b[16] == 2 && stored != computed {
			return invalid("Record is corrupt (stored crc = %d, computed crc = %d)", stored, computed)
		}
		b = b[size:]
	}
	return nil
}
