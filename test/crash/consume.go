package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// memberLoop is a member of a consumer group that commits the records that it has read. With
// comesAndGoes it leaves and joins again, which causes rebalances.
func (h *harness) memberLoop(rng *rand.Rand, c *commits, comesAndGoes bool) {
	balancer := kgo.CooperativeStickyBalancer()
	if c.group == "members-1" {
		balancer = kgo.RangeBalancer()
	}
	for h.ctx.Err() == nil {
		cl, err := h.client(kgo.ConsumerGroup(c.group), kgo.ConsumeTopics("plain", "small"), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
			kgo.Balancers(balancer), kgo.SessionTimeout(700*time.Millisecond), kgo.HeartbeatInterval(150*time.Millisecond), kgo.RebalanceTimeout(time.Second),
			kgo.FetchMaxWait(200*time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			h.fail(err)
			return
		}
		end := time.Now().Add(24 * time.Hour)
		if comesAndGoes {
			end = time.Now().Add(time.Duration(1000+rng.IntN(5000)) * time.Millisecond)
		}
		for time.Now().Before(end) && h.ctx.Err() == nil {
			h.poll(cl, c)
		}
		cl.CloseAllowingRebalance()
	}
}

// poll reads some records, compares them with the ledgers, and commits the offsets after them.
func (h *harness) poll(cl *kgo.Client, c *commits) {
	ctx, cancel := context.WithTimeout(h.ctx, 500*time.Millisecond)
	fetches := cl.PollRecords(ctx, 800)
	cancel()
	defer cl.AllowRebalance()
	offsets := map[string]map[int32]kgo.EpochOffset{}
	sent := map[part]*commit{}
	fetches.EachRecord(func(r *kgo.Record) {
		p := part{r.Topic, r.Partition}
		id, err := parseValue(r.Value)
		if err != nil {
			h.fail(broken("corrupt", p, "offset %d: %v", r.Offset, err))
			return
		}
		h.fail(h.ledgers[p].seen(r.Offset, id))
		if offsets[r.Topic] == nil {
			offsets[r.Topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[r.Topic][r.Partition] = kgo.EpochOffset{Epoch: r.LeaderEpoch, Offset: r.Offset + 1}
	})
	if len(offsets) == 0 {
		return
	}
	for t, ps := range offsets {
		for p, o := range ps {
			sent[part{t, p}] = c.try(part{t, p}, o.Offset)
		}
	}
	defer func() {
		for _, o := range sent {
			c.returned(o)
		}
	}()
	ctx, cancel = context.WithTimeout(h.ctx, 4*time.Second)
	defer cancel()
	cl.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if err != nil || resp == nil {
			return
		}
		for _, t := range resp.Topics {
			for _, r := range t.Partitions {
				if p := (part{t.Topic, r.Partition}); r.ErrorCode == 0 {
					h.count.commits.Add(1)
					c.acked(p, sent[p])
				}
			}
		}
	})
}
