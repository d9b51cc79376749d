package metadata

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMapAgainstModel checks that edits have the same result as on a Go map, in order, and do not
// change earlier versions.
func TestMapAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	m, model := newOrderedMap[int, int](), map[int]int{}
	type version struct {
		m     Map[int, int]
		model map[int]int
	}
	var old []version
	for round := range 400 {
		e := m.edit()
		for range rng.IntN(30) {
			k := rng.IntN(600)
			if rng.IntN(3) == 0 {
				e.remove(k)
				delete(model, k)
			} else {
				e.set(k, round)
				model[k] = round
			}
			if v, ok := e.get(k); ok != (model[k] != 0 || hasKey(model, k)) || v != model[k] {
				t.Fatalf("round %d: get %d is %d, %v", round, k, v, ok)
			}
		}
		m = e.done()
		if round%40 == 0 {
			old = append(old, version{m, maps.Clone(model)})
		}
		checkMap(t, m, model)
	}
	for _, v := range old {
		checkMap(t, v.m, v.model)
	}
}

func hasKey(m map[int]int, k int) bool { _, ok := m[k]; return ok }

func checkMap(t *testing.T, m Map[int, int], model map[int]int) {
	t.Helper()
	if m.Len() != len(model) {
		t.Fatalf("%d entries, want %d", m.Len(), len(model))
	}
	keys := slices.Sorted(maps.Keys(model))
	i := 0
	for k, v := range m.All() {
		if k != keys[i] || v != model[k] {
			t.Fatalf("entry %d is %d=%d, want %d=%d", i, k, v, keys[i], model[keys[i]])
		}
		i++
	}
	for _, from := range []int{0, 123, 300, 599, 700} {
		at, _ := slices.BinarySearch(keys, from)
		for k := range m.From(from) {
			if k != keys[at] {
				t.Fatalf("from %d: %d, want %d", from, k, keys[at])
			}
			at++
		}
		if at != len(keys) {
			t.Fatalf("from %d ends early", from)
		}
	}
	for _, chunk := range m.chunks {
		if len(chunk) == 0 || len(chunk) > chunkMax {
			t.Fatalf("a chunk of %d", len(chunk))
		}
	}
}
