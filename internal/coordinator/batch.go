package coordinator

import "github.com/gregorhq/gregor/record"

// buildBatch makes one batch of the records of ws. Each record has the time at which it was
// decided. Offsets are relative; the log assigns the base.
func buildBatch(ws []write, leaderEpoch int32, codec record.Codec) (record.Batch, error) {
	o := record.BuilderOptions{Codec: codec, LeaderEpoch: leaderEpoch}
	// Kafka's coordinators write sequence 0 without a producer. It has no meaning.
	o.Producer = &record.Producer{ID: record.NoProducerID, Epoch: record.NoProducerEpoch}
	if first := &ws[0]; first.transactional {
		o.Transactional = true
		o.Producer = &record.Producer{ID: first.producerID, Epoch: first.producerEpoch, Sequence: record.NoSequence}
	}
	b := record.NewBuilder(o)
	offset := int64(0)
	for i := range ws {
		for _, r := range ws[i].records {
			if err := b.Append(offset, ws[i].now, r.Key, r.Value, nil); err != nil {
				return nil, err
			}
			offset++
		}
	}
	return b.Bytes()
}
