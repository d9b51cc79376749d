package coordinator

import "github.com/gregorhq/gregor/record"

// buildBatch makes one batch of the records of es, all stamped now. Offsets are
// relative; the log assigns the base.
func buildBatch(es []entry, now int64, leaderEpoch int32, codec record.Codec) (record.Batch, error) {
	o := record.BuilderOptions{Codec: codec, LeaderEpoch: leaderEpoch}
	// Sequence 0 without a producer is what Kafka's coordinators write; it means nothing.
	o.Producer = &record.Producer{ID: record.NoProducerID, Epoch: record.NoProducerEpoch}
	if first := &es[0].outcome; first.Transactional {
		o.Transactional = true
		o.Producer = &record.Producer{ID: first.ProducerID, Epoch: first.ProducerEpoch, Sequence: record.NoSequence}
	}
	b := record.NewBuilder(o)
	offset := int64(0)
	for i := range es {
		for _, r := range es[i].outcome.Records {
			if err := b.Append(offset, now, r.Key, r.Value, nil); err != nil {
				return nil, err
			}
			offset++
		}
	}
	return b.Bytes()
}
