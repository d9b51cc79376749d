package purgatory

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestReachTakesThoseWhoseLevelIsReached(t *testing.T) {
	var p Purgatory
	var a, b Key
	ops := make([]Op, 3)
	p.Watch(&a, &ops[0], 10)
	p.Watch(&b, &ops[0], 5)
	p.Watch(&a, &ops[1], 20)
	p.Watch(&b, &ops[2], 5)
	for i := range ops {
		p.Park(&ops[i], int64(100+i))
	}
	if got := p.Reach(&a, 9, nil); len(got) != 0 {
		t.Fatalf("level 9 completed %d", len(got))
	}
	got := p.Reach(&a, 10, nil)
	if len(got) != 1 || got[0] != &ops[0] || ops[0].Parked() {
		t.Fatalf("level 10: %v", got)
	}
	if a.Waiting() != 1 || b.Waiting() != 1 || p.Len() != 2 {
		t.Fatalf("left behind: a=%d b=%d heap=%d", a.Waiting(), b.Waiting(), p.Len())
	}
	got = p.Expire(102, nil)
	if len(got) != 2 || got[0] != &ops[1] || got[1] != &ops[2] {
		t.Fatalf("expired %v", got)
	}
	if a.Waiting()+b.Waiting()+p.Len() != 0 {
		t.Fatal("not empty after expiry")
	}
}

func TestLowerCountsOverAllKeys(t *testing.T) {
	var p Purgatory
	var a, b Key
	one, two := Op{Want: 1}, Op{Want: 100}
	p.Watch(&a, &one, 0)
	p.Watch(&a, &two, 0)
	p.Watch(&b, &two, 0)
	if got := p.Lower(&a, 60, nil); len(got) != 1 || got[0] != &one {
		t.Fatalf("first: %v", got)
	}
	if got := p.Lower(&b, 39, nil); len(got) != 0 {
		t.Fatalf("one byte short: %v", got)
	}
	if got := p.Lower(&b, 1, nil); len(got) != 1 || got[0] != &two || a.Waiting() != 0 {
		t.Fatalf("second: %v", got)
	}
	two.Want = 1 << 40
	p.Watch(&a, &two, 0)
	if got := p.Lower(&a, 1<<63-1, nil); len(got) != 1 {
		t.Fatal("an unknown amount must wake everybody")
	}
}

func TestSameOpTwiceOnOneKey(t *testing.T) {
	var p Purgatory
	var k Key
	var op, other Op
	p.Watch(&k, &other, 50)
	p.Watch(&k, &op, 1)
	p.Watch(&k, &op, 2)
	if got := p.Reach(&k, 2, nil); len(got) != 1 || got[0] != &op || k.Waiting() != 1 {
		t.Fatalf("got %v, waiting %d", got, k.Waiting())
	}
}

// TestAgainstModel compares with sorting and plain maps over random scripts.
func TestAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	var p Purgatory
	keys := make([]Key, 5)
	ops := make([]*Op, 200)
	for i := range ops {
		ops[i] = &Op{Owner: i}
	}
	parked := map[int]int64{}
	now := int64(0)
	for range 20000 {
		i := rng.IntN(len(ops))
		switch {
		case !ops[i].Parked():
			d := now + rng.Int64N(50)
			for k := range keys {
				if rng.IntN(2) == 0 {
					p.Watch(&keys[k], ops[i], rng.Int64N(100))
				}
			}
			p.Park(ops[i], d)
			parked[i] = d
			if next, ok := p.NextMs(); !ok || next != slices.Min(slices.Collect(maps.Values(parked))) {
				t.Fatalf("the earliest deadline is %d, %v", next, ok)
			}
		case rng.IntN(3) == 0:
			p.Remove(ops[i])
			delete(parked, i)
		default:
			now++
			last := int64(-1)
			for _, op := range p.Expire(now, nil) {
				d, ok := parked[op.Owner.(int)]
				if !ok || d > now || d < last {
					t.Fatalf("op %v expired at %d, deadline %d", op.Owner, now, d)
				}
				last = d
				delete(parked, op.Owner.(int))
			}
			for id, d := range parked {
				if d <= now {
					t.Fatalf("op %d with deadline %d left at %d", id, d, now)
				}
			}
		}
		if p.Len() != len(parked) {
			t.Fatalf("heap has %d, model %d", p.Len(), len(parked))
		}
	}
	for i := range keys {
		for _, op := range p.Reach(&keys[i], 1000, nil) {
			delete(parked, op.Owner.(int))
		}
		if keys[i].Waiting() != 0 {
			t.Fatal("watch left behind")
		}
	}
	rest := p.Expire(1<<60, nil)
	if len(rest) != len(parked) || !slices.IsSortedFunc(rest, func(a, b *Op) int { return int(a.deadlineMs - b.deadlineMs) }) {
		t.Fatal("the rest does not match")
	}
}

func TestNoAllocationInSteadyState(t *testing.T) {
	var p Purgatory
	keys := make([]Key, 4)
	op := &Op{}
	out := make([]*Op, 0, 4)
	round := func() {
		for i := range keys {
			p.Watch(&keys[i], op, 1)
		}
		p.Park(op, 10)
		out = p.Reach(&keys[2], 1, out[:0])
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
