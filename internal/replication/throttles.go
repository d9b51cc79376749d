package replication

import (
	"slices"
	"strconv"
	"sync"

	"github.com/gregorhq/gregor/internal/fetcher"
)

// throttled is the value of leader.replication.throttled.replicas or
// follower.replication.throttled.replicas: partition:broker for each replica, or * for all.
type throttled []string

func (t throttled) has(partition, broker int32) bool {
	if len(t) == 0 {
		return false
	}
	return t[0] == "*" || slices.Contains(t, strconv.Itoa(int(partition))+":"+strconv.Itoa(int(broker)))
}

func (c *topicConfig) followerThrottled(partition, broker int32) bool {
	return throttled(c.FollowerThrottled).has(partition, broker)
}

func (c *topicConfig) leaderThrottled(partition, broker int32) bool {
	return throttled(c.LeaderThrottled).has(partition, broker)
}

// newRate makes a meter with the bound of a key.
func (m *Manager) newRate(key string) fetcher.Rate {
	return fetcher.NewRate(m.config.Int64(key), m.config.Int("replication.quota.window.num"), 1000*m.config.Int64("replication.quota.window.size.seconds"))
}

// leaderQuota measures the bytes that this broker sends to throttled followers outside the ISR
// (leader.replication.throttled.rate).
type leaderQuota struct {
	mu   sync.Mutex
	rate fetcher.Rate
}

func (q *leaderQuota) exceeded(nowMs int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.rate.Exceeded(nowMs)
}

func (q *leaderQuota) record(nowMs int64, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rate.Record(nowMs, bytes)
}

func (q *leaderQuota) setBound(bytesPerSecond int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rate.SetBound(bytesPerSecond)
}

// throttles reports whether a part of a follower's fetch gets no records now, because the follower
// is throttled, outside the ISR, and the rate is exceeded (Kafka's
// ReplicaManager.shouldLeaderThrottle).
func (x *FetchPart) throttles(f *FetchRequest) bool {
	x.throttled = x.p.config.Load().leaderThrottled(x.Partition, f.m.opts.BrokerID)
	return x.throttled && x.behind && f.m.quota.exceeded(f.m.elapsedMs())
}
