package quorum

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/kraft"
)

func parsed(t *testing.T, properties map[string]string) *config.Broker {
	t.Helper()
	b, _, err := config.ParseMap(properties)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The keys controller.quorum.* reach the core. The defaults are Apache Kafka's.
func TestTimingFollowsTheKeys(t *testing.T) {
	want := kraft.Options{
		ElectionTimeout: time.Second, ElectionBackoffMax: time.Second, FetchTimeout: 2 * time.Second, RequestTimeout: 2 * time.Second,
		RetryBackoff: 20 * time.Millisecond, RetryBackoffMax: time.Second,
		FetchMaxBytes: 1 << 20, SnapshotMaxBytes: 1 << 20, FetchMaxWait: 500 * time.Millisecond,
	}
	check := func(what string, got kraft.Options) {
		t.Helper()
		if got.ElectionTimeout != want.ElectionTimeout || got.ElectionBackoffMax != want.ElectionBackoffMax || got.FetchTimeout != want.FetchTimeout ||
			got.RequestTimeout != want.RequestTimeout || got.RetryBackoff != want.RetryBackoff || got.RetryBackoffMax != want.RetryBackoffMax ||
			got.FetchMaxBytes != want.FetchMaxBytes || got.SnapshotMaxBytes != want.SnapshotMaxBytes || got.FetchMaxWait != want.FetchMaxWait {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	check("defaults", timingOf(config.Default()))
	ms := time.Millisecond
	want = kraft.Options{ElectionTimeout: 11 * ms, ElectionBackoffMax: 12 * ms, FetchTimeout: 13 * ms, RequestTimeout: 14 * ms,
		RetryBackoff: 2000 * ms, RetryBackoffMax: 2000 * ms, FetchMaxBytes: 16, SnapshotMaxBytes: 17, FetchMaxWait: 500 * ms}
	check("set", timingOf(parsed(t, map[string]string{
		"controller.quorum.election.timeout.ms": "11", "controller.quorum.election.backoff.max.ms": "12",
		"controller.quorum.fetch.timeout.ms": "13", "controller.quorum.request.timeout.ms": "14", "controller.quorum.retry.backoff.ms": "2000",
		"controller.quorum.fetch.max.bytes": "16", "controller.quorum.fetch.snapshot.max.bytes": "17",
	})))
}

// A time of 0 is allowed. It must not make a node act in a loop.
func TestTimesOfZero(t *testing.T) {
	keys := map[string]string{}
	for _, key := range []string{"election.timeout.ms", "election.backoff.max.ms", "fetch.timeout.ms", "request.timeout.ms", "retry.backoff.ms"} {
		keys["controller.quorum."+key] = "0"
	}
	o := timingOf(parsed(t, keys))
	if o.ElectionTimeout <= 0 || o.ElectionBackoffMax <= 0 || o.FetchTimeout <= 0 || o.RequestTimeout <= 0 || o.RetryBackoff <= 0 {
		t.Errorf("%+v", o)
	}
	v := openVoters(t)
	n := v.openAs(4, v.format(4), func(o *Options) {
		o.Observer, o.Voters, o.Broker = true, []Voter{voterAt(1), voterAt(2), voterAt(3)}, parsed(t, keys)
	})
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("a")
	v.run("the observer has the topic", topics(n, 1))
}
