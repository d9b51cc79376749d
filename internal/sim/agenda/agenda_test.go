package agenda

import (
	"slices"
	"testing"
)

// Events come in the order of their times, then of their draws, then of their making.
func TestOrder(t *testing.T) {
	var a Agenda[string]
	a.Add(5, 1, "late")
	a.Add(3, 9, "second draw")
	gone := a.Add(3, 1, "cancelled")
	a.Add(3, 2, "first draw")
	a.Add(3, 9, "made later")
	if !a.Cancel(gone) || a.Cancel(gone) {
		t.Error("an event is cancelled once")
	}
	if e := a.Take(2); e != nil {
		t.Errorf("%q is due too early", e.What)
	}
	first := a.Take(5)
	if a.Cancel(first) {
		t.Error("a taken event was cancelled")
	}
	a.Delay(first, 4)
	var order []string
	for e := a.Take(5); e != nil; e = a.Take(5) {
		order = append(order, e.What)
	}
	if !slices.Equal(order, []string{"second draw", "made later", "first draw", "late"}) {
		t.Errorf("the order is %q", order)
	}
}
