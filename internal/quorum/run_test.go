package quorum

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// TestDriver runs the real driver with many concurrent callers: every request is answered once,
// also the pending ones at Close, and a publisher sees images in order.
func TestDriver(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	o := testOptions(fsys, true)
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	var last int64 = -1
	c.Subscribe(func(image *metadata.Image, _ *metadata.Delta) {
		if image.Offset() < last {
			t.Errorf("image %d after %d", image.Offset(), last)
		}
		last = image.Offset()
	})
	// Asked before the quorum has a leader: waits for it.
	registered := make(chan *protocol.BrokerRegistrationResponse, 1)
	controller.BrokerRegistration.Call(c, Request{Version: 4}, &protocol.BrokerRegistrationRequest{BrokerID: 1, ClusterID: testCluster, IncarnationID: wire.UUID{1},
		Features: supported(), LogDirs: []wire.UUID{o.DirectoryID}, PreviousBrokerEpoch: -1},
		func(r *protocol.BrokerRegistrationResponse) { registered <- r })
	c.Start()
	epoch := (<-registered).BrokerEpoch
	beat := make(chan *protocol.BrokerHeartbeatResponse, 1)
	controller.BrokerHeartbeat.Call(c, Request{Version: 2}, &protocol.BrokerHeartbeatRequest{BrokerID: 1, BrokerEpoch: epoch, CurrentMetadataOffset: c.Image().Offset()},
		func(r *protocol.BrokerHeartbeatResponse) { beat <- r })
	if r := <-beat; r.ErrorCode != 0 || r.IsFenced {
		t.Fatalf("%+v", r)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 25 {
				done := make(chan *protocol.CreateTopicsResponse, 1)
				controller.CreateTopics.Call(c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 10_000, Topics: []protocol.CreateTopicsRequestCreatableTopic{{
					Name: fmt.Sprintf("t%d-%d", g, i), NumPartitions: 1, ReplicationFactor: 1}}}, func(r *protocol.CreateTopicsResponse) { done <- r })
				if r := <-done; r.Topics[0].ErrorCode != 0 {
					t.Errorf("%+v", r.Topics[0])
				}
			}
		})
	}
	wg.Wait()
	if n := c.Image().Topics().Len(); n != 200 {
		t.Errorf("%d topics", n)
	}
	answered := make(chan *protocol.DeleteTopicsResponse, 100)
	for i := range 100 {
		controller.DeleteTopics.Call(c, Request{Version: 5}, &protocol.DeleteTopicsRequest{TimeoutMs: 10_000, TopicNames: []string{fmt.Sprintf("t%d-%d", i%8, i%25)}},
			func(r *protocol.DeleteTopicsResponse) { answered <- r })
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		select {
		case <-answered:
		case <-time.After(5 * time.Second):
			t.Fatal("a request is never answered")
		}
	}
	late := make(chan *protocol.DeleteTopicsResponse, 1)
	controller.DeleteTopics.Call(c, Request{}, &protocol.DeleteTopicsRequest{TopicNames: []string{"x"}}, func(r *protocol.DeleteTopicsResponse) { late <- r })
	if r := <-late; r.Responses[0].ErrorCode != protocol.ErrNotController.Code() {
		t.Errorf("after Close: %+v", r)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
