package coordinator

import "testing"

// The topic of a coordinator is deleted and created again. The leader epochs of the new topic begin
// at 0, and its partitions are loaded.
func TestTopicOfACoordinatorIsCreatedAgain(t *testing.T) {
	f := newFixture(t)
	f.rt.Load(0, 5)
	f.run()
	f.set("a", "x", "1")
	f.expect("a=ok")
	f.rt.UnloadAll()
	f.run()
	f.rt.Load(0, 0)
	f.run()
	f.get("a", "x")
	f.expect("a=1")
}
