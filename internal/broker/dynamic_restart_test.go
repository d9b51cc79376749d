package broker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

func startOn(t *testing.T, fsys vfs.FS, extra map[string]string) *Node {
	t.Helper()
	properties := map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "log.dirs": "/data",
	}
	for k, v := range extra { // any order
		properties[k] = v
	}
	cfg, _, err := config.ParseMap(properties)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Options{Config: cfg, FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func setConfig(t *testing.T, n *Node, broker, key, value string) {
	t.Helper()
	answered := make(chan *protocol.IncrementalAlterConfigsResponse, 1)
	controller.IncrementalAlterConfigs.Call(n.controller, n.request(1), &protocol.IncrementalAlterConfigsRequest{
		Resources: []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{{ResourceType: metadata.ResourceBroker, ResourceName: broker,
			Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{{Name: key, Value: &value}}}}},
		func(r *protocol.IncrementalAlterConfigsResponse) { answered <- r })
	if r := <-answered; r.Responses[0].ErrorCode != 0 {
		t.Fatalf("%s=%s: %v", key, value, protocol.Error(r.Responses[0].ErrorCode))
	}
}

// snapshots counts the metadata snapshots on disk, without the bootstrap checkpoint.
func snapshots(t *testing.T, fsys vfs.FS) (n int) {
	t.Helper()
	entries, err := fsys.ReadDir("/data/__cluster_metadata-0")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".checkpoint") && e.Name() != "00000000000000000000-0000000000.checkpoint" {
			n++
		}
	}
	return n
}

// After every restart, the effective dynamic settings equal the described ones: without a snapshot,
// with a snapshot older than the settings, and with a snapshot that has them.
func TestDynamicSettingsSurviveRestarts(t *testing.T) {
	for _, tc := range []struct {
		name        string
		old, recent bool // a snapshot is written before the settings, after them
	}{{"no snapshot", false, false}, {"an old snapshot", true, false}, {"a current snapshot", true, true}} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := vfs.NewMem()
			withSnapshot := func(on bool) map[string]string {
				if on {
					return map[string]string{"metadata.log.max.record.bytes.between.snapshots": "1"}
				}
				return nil
			}
			// live runs one life of the node. With snapshot, it waits until the node has written
			// one.
			live := func(snapshot bool, do func(n *Node)) {
				t.Helper()
				before := 0
				if _, err := fsys.Stat("/data/__cluster_metadata-0"); err == nil {
					before = snapshots(t, fsys)
				}
				n := startOn(t, fsys, withSnapshot(snapshot))
				do(n)
				for i := 0; snapshot && snapshots(t, fsys) <= before; i++ {
					setConfig(t, n, "", "log.cleaner.backoff.ms", fmt.Sprint(15000+i)) // gives the engine a step
				}
				if err := n.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if tc.old {
				live(true, func(*Node) {})
			}
			live(tc.recent, func(n *Node) {
				setConfig(t, n, "", "log.retention.ms", "4000")
				setConfig(t, n, "1", "message.max.bytes", "12345")
			})
			if have := snapshots(t, fsys) > 0; have != (tc.old || tc.recent) {
				t.Fatalf("snapshots: %v", have)
			}
			for life := range 2 {
				live(false, func(n *Node) {
					image := n.image.Load()
					described := [2]string{image.Configs(metadata.ResourceBroker, "")["log.retention.ms"], image.Configs(metadata.ResourceBroker, "1")["message.max.bytes"]}
					effective := [2]string{fmt.Sprint(n.config.Int64("log.retention.ms")), fmt.Sprint(n.config.Int("message.max.bytes"))}
					if want := [2]string{"4000", "12345"}; described != want || effective != want {
						t.Errorf("life %d: described %v, effective %v, want %v", life, described, effective, want)
					}
				})
			}
		})
	}
}
