package fetcher

import "github.com/gregorhq/gregor/internal/protocol"

// The timestamps of ListOffsets for the log end and the log start of the leader.
const (
	latestOffset   int64 = -1
	earliestOffset int64 = -2
)

// queries are the parts whose fetch offset is out of the leader's range. The leader is asked for
// its log end and then, if that is not below the follower's, for its log start.
type queries struct {
	waiting []question
	// asked are the questions that are in flight, id is the number of their request, 0 for none.
	asked []question
	id    uint64
}

// question is one partition of a ListOffsets.
type question struct {
	p         *part
	epoch     int32
	timestamp int64
}

// pending reports whether the part still needs the answer.
func (q question) pending() bool {
	return !q.p.removed && q.p.state == asking && q.p.epoch == q.epoch
}

// ask takes a part out of the session until the leader has answered.
func (f *Fetcher) ask(p *part, timestamp int64) {
	p.state = asking
	f.turns.leave(f, p)
	f.touch(p)
	f.query.waiting = append(f.query.waiting, question{p, p.epoch, timestamp})
}

// sendQuery sends the questions that wait as one request. One request is in flight.
func (f *Fetcher) sendQuery() {
	q := &f.query
	if q.id != 0 || len(q.waiting) == 0 {
		return
	}
	req := protocol.New[protocol.ListOffsetsRequest]()
	req.ReplicaID, req.TimeoutMs = f.set.BrokerID, f.set.MaxWaitMs
	q.asked = q.asked[:0]
	for _, x := range q.waiting {
		if !x.pending() {
			continue
		}
		q.asked = append(q.asked, x)
		n := len(req.Topics)
		if n == 0 || req.Topics[n-1].Name != x.p.name {
			req.Topics = append(req.Topics, protocol.ListOffsetsRequestTopic{Name: x.p.name})
			n++
		}
		req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, protocol.ListOffsetsRequestPartition{
			PartitionIndex: x.p.key.Index, CurrentLeaderEpoch: x.epoch, Timestamp: x.timestamp})
	}
	q.waiting = nil
	if len(q.asked) == 0 {
		return
	}
	f.lastID++
	q.id = f.lastID
	f.fx.Query = &Query{ID: q.id, Request: req}
}

// offsetKey names a partition in the answer to a ListOffsets.
type offsetKey struct {
	name  string
	index int32
}

// offsets takes the answer to a ListOffsets.
func (f *Fetcher) offsets(nowMs int64, e Offsets) {
	q := &f.query
	if e.ID != q.id || q.id == 0 {
		return
	}
	q.id = 0
	answers := map[offsetKey]protocol.ListOffsetsResponsePartitionResponse{}
	if e.Response != nil {
		for i := range e.Response.Topics {
			t := &e.Response.Topics[i]
			for _, x := range t.Partitions {
				answers[offsetKey{t.Name, x.PartitionIndex}] = x
			}
		}
	}
	for _, x := range q.asked {
		if !x.pending() {
			continue
		}
		a, ok := answers[offsetKey{x.p.name, x.p.key.Index}]
		switch {
		case !ok:
			f.delay(nowMs, x.p, f.backoff(x.p))
		case a.ErrorCode != 0:
			f.failed(nowMs, x.p, protocol.Error(a.ErrorCode))
		default:
			f.settle(nowMs, x, a.Offset)
		}
	}
}

// settle decides what a follower does whose fetch offset is out of range (Kafka's
// AbstractFetcherThread.fetchOffsetAndTruncate). A leader after an unclean election may end below
// the follower, which then truncates to the leader's end. A follower that ends below the leader's
// start begins again there. Otherwise the range has changed meanwhile, and the follower fetches
// again.
func (f *Fetcher) settle(nowMs int64, x question, offset int64) {
	p := x.p
	switch {
	case offset < 0:
		f.delay(nowMs, p, f.set.BackoffMs)
	case x.timestamp == latestOffset && offset < p.at.End:
		f.fx.Truncate = append(f.fx.Truncate, Truncation{p.key, p.epoch, EpochEnd{-1, offset}})
	case x.timestamp == latestOffset:
		f.ask(p, earliestOffset)
	case offset > p.at.End:
		f.fx.Restart = append(f.fx.Restart, Restart{p.key, p.epoch, offset})
	default:
		f.delay(nowMs, p, f.backoff(p))
	}
}
