package client

import (
	"cmp"
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// Consumer is a client that reads records, with or without a group. It can be closed when no broker
// answers: the library waits for a join in progress, which only the end of the client's context
// cuts short.
type Consumer struct {
	*kgo.Client
	// Admin sends requests over the consumer's connections.
	Admin *Client
	end   context.CancelFunc
	// commits means that the consumer commits the marked records when it is closed.
	commits bool
	// noReset means that auto.offset.reset is none.
	noReset bool
	group   string          // empty without a group
	log     *coordinatorLog // nil without a group
	// Start holds the offsets at which the consumer begins to read partitions; nil for the group's
	// or the default ones.
	Start map[int32]int64
	// next holds the offset behind the last record of each partition.
	next map[position]int64

	recreated recreated
}

// NewConsumer makes the client; group is empty for one that is no member. Positions are committed
// only of records that are marked (Client.MarkCommitRecords), unless enable.auto.commit=false.
func NewConsumer(e *tool.Env, o Options, group string) (*Consumer, error) {
	own, err := consumerOpts(o.Props)
	if err != nil {
		return nil, err
	}
	c := &Consumer{group: group, noReset: o.Props["auto.offset.reset"] == "none", next: map[position]int64{}, commits: group != "" && o.Props["enable.auto.commit"] != "false"}
	c.recreated = recreated{suspects: map[string][16]byte{}, fresh: map[string]bool{}}
	ctx, end := context.WithCancel(context.Background())
	c.end = end
	own = append(own, kgo.WithContext(ctx))
	if group != "" {
		own = append(own, groupOpts(o.Props, group)...)
		own = append(own, kgo.AdjustFetchOffsetsFn(c.adjust))
		c.log = &coordinatorLog{connectLog: newConnectLog(e, consumer, cmp.Or(o.Props["client.id"], o.ClientID), group), group: group}
		own = append(own, kgo.WithLogger(c.log), kgo.WithHooks(c.log))
	}
	o.Extra, o.kind = append(own, o.Extra...), consumer
	if c.Client, err = dial(e, o); err != nil {
		end()
		return nil, err
	}
	check := &brokerCheck{apart: true}
	if e.Native() {
		check.patience = nativeTime
	}
	c.Admin = &Client{Client: c.Client, brokers: check, apiTimeout: o.Props.Millis("default.api.timeout.ms", time.Minute)}
	return c, nil
}

func groupOpts(p Props, group string) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.BlockRebalanceOnPoll(), // a record is marked only while the member owns its partition
		kgo.Balancers(kgo.RangeBalancer(), kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(p.Millis("session.timeout.ms", 45*time.Second)),
		kgo.HeartbeatInterval(p.Millis("heartbeat.interval.ms", 3*time.Second)),
		kgo.RebalanceTimeout(p.Millis("max.poll.interval.ms", 5*time.Minute)),
	}
	if id := p["group.instance.id"]; id != "" {
		opts = append(opts, kgo.InstanceID(id))
	}
	if p["enable.auto.commit"] == "false" {
		return append(opts, kgo.DisableAutoCommit())
	}
	return append(opts, kgo.AutoCommitMarks(), kgo.AutoCommitInterval(p.Millis("auto.commit.interval.ms", 5*time.Second)))
}

const (
	// leaveTime bounds the last commit and the leaving of the group.
	leaveTime = 5 * time.Second
	// aloneTime is the same for a consumer that is not a member yet: it has nothing to commit, but
	// may be joining.
	aloneTime = time.Second
)

// Leave commits the marked records, leaves the group and closes the client. The end of ctx
// meanwhile cuts this short; a ctx that has ended before does not. The error is that of the commit.
func (c *Consumer) Leave(ctx context.Context) error {
	if c.log != nil {
		c.log.warn("so nothing could be read")
	}
	patience := leaveTime
	if id, _ := c.GroupMetadata(); id == "" {
		patience = aloneTime
	}
	if ctx.Err() != nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer c.end()
	defer context.AfterFunc(ctx, c.end)()
	c.AllowRebalance()
	var err error
	if c.commits {
		err = c.CommitMarkedOffsets(ctx)
	}
	_ = c.LeaveGroupContext(ctx) // otherwise the session times out
	c.Close()
	return err
}
