package broker

import (
	"slices"
	"testing"
)

// A function that waits for a change runs after the publication of the change and before the next
// publication. When the publisher ends, all waiting functions run. A function that is added later
// runs at once.
func TestPublicationsKeepTheirOrder(t *testing.T) {
	woken := 0
	p := newPublications(func() { woken++ })
	var done []int
	p.add(nil, nil, 0)
	p.then(func() { done = append(done, 1) })
	p.add(nil, nil, 0)
	p.then(func() { done = append(done, 2) })
	if len(done) != 0 {
		t.Fatal("done before the change was taken")
	}
	if woken == 0 {
		t.Fatal("the publisher was not woken")
	}
	q := p.take()
	if len(q) != 4 || q[0].then != nil || q[1].then == nil || q[2].then != nil || q[3].then == nil {
		t.Fatalf("taken: %v", q)
	}
	q[1].then()
	p.then(func() { done = append(done, 3) })
	q[3].then()
	p.close()
	p.then(func() { done = append(done, 4) })
	p.add(nil, nil, 0)
	if want := []int{1, 2, 3, 4}; !slices.Equal(done, want) {
		t.Fatalf("done %v, not %v", done, want)
	}
	if len(p.take()) != 0 {
		t.Fatal("a closed queue keeps what is added")
	}
}
