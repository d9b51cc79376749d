package config

import "testing"

func TestDefaultsResolve(t *testing.T) {
	b := Default()
	if b.NodeID() != 1 || b.Int("num.partitions") != 1 || len(b.LogDirs()) != 1 {
		t.Fatalf("node %d, partitions %d, dirs %v", b.NodeID(), b.Int("num.partitions"), b.LogDirs())
	}
	if _, err := Topic(b, map[string]string{"segment.bytes": "1048576"}); err != nil {
		t.Fatal(err)
	}
}
