package list

import (
	"math/rand/v2"
	"slices"
	"testing"
)

type number struct {
	Links[number]
	n int
}

// TestAgainstASlice compares a list with a slice after random changes.
func TestAgainstASlice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var l List[number, *number]
	var want []*number
	for i := range 2000 {
		at := rng.IntN(len(want) + 1)
		switch {
		case at == len(want) || rng.IntN(3) == 0:
			n := &number{n: i}
			l.PushBack(n)
			want = append(want, n)
		case rng.IntN(2) == 0:
			l.MoveToBack(want[at])
			want = append(slices.Delete(slices.Clone(want), at, at+1), want[at])
		default:
			l.Remove(want[at])
			want = slices.Delete(want, at, at+1)
		}
		var got []*number
		for n := l.First; n != nil; n = n.Next {
			if prev := n.Prev; prev == nil && n != l.First || prev != nil && prev.Next != n {
				t.Fatalf("change %d: the links of %d do not match", i, n.n)
			}
			got = append(got, n)
		}
		if !slices.Equal(got, want) || len(got) > 0 && l.Last != got[len(got)-1] || len(got) == 0 && l.Last != nil {
			t.Fatalf("change %d: the list has %d elements, want %d", i, len(got), len(want))
		}
	}
}
