package logmanager

import "testing"

func TestSyncCosts(t *testing.T) {
	var c syncCosts
	if c.preferFS(1) || c.preferFS(2) || !c.preferFS(3) {
		t.Fatal("without experience three logs make a syncfs")
	}
	c.tookEach(2, 400)
	c.tookFS(500)
	if c.preferFS(1) || c.preferFS(2) || !c.preferFS(3) {
		t.Fatalf("%+v", c)
	}
	// Another program floods the disk: syncfs waits for it, fdatasync does not.
	for range 50 {
		c.tookFS(100_000)
	}
	tries := 0
	for range 1000 {
		if c.preferFS(10) {
			tries++
		}
	}
	if tries != 5 {
		t.Fatalf("a dear syncfs was tried %d times in 1000 groups", tries)
	}
	for range 60 {
		c.tookFS(500)
	}
	if !c.preferFS(10) {
		t.Fatalf("it is cheap again: %+v", c)
	}
}
