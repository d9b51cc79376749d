package controller

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

func brokersImage(t *testing.T, racks []string, fenced map[int32]bool) *metadata.Image {
	d := metadata.NewDelta(metadata.Empty())
	for i, rack := range racks {
		r := &mr.RegisterBrokerRecord{BrokerID: int32(i), Fenced: fenced[int32(i)]}
		if rack != "" {
			r.Rack = &rack
		}
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	image, err := d.Apply(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// TestPlacementSpreads: no broker twice, leaders even, replicas in as many racks as there are.
func TestPlacementSpreads(t *testing.T) {
	for _, racks := range [][]string{{"", "", ""}, {"a", "b", "c"}, {"a", "a", "b", "b", "c", "c"}, {"a", "b", "a", "b", "a", "b", "a", "b"}} {
		for factor := 1; factor <= 3; factor++ {
			t.Run(fmt.Sprint(racks, factor), func(t *testing.T) {
				image := brokersImage(t, racks, nil)
				p := newPlacer(image, rand.New(rand.NewPCG(3, 4)))
				if f := p.check(factor); f.failed() {
					t.Fatal(f)
				}
				const rounds = 100
				leads, holds := map[int32]int{}, map[int32]int{}
				for range rounds * len(racks) {
					checkReplicas(t, racks, p.place(factor), factor, leads, holds)
				}
				for id := range racks {
					if n := leads[int32(id)]; n < rounds-1 || n > rounds+1 {
						t.Errorf("broker %d leads %d, even is %d", id, n, rounds)
					}
					if n := holds[int32(id)]; n < rounds*factor*9/10 || n > rounds*factor*11/10 {
						t.Errorf("broker %d holds %d, even is %d", id, n, rounds*factor)
					}
				}
			})
		}
	}
}

func checkReplicas(t *testing.T, racks []string, replicas []int32, factor int, leads, holds map[int32]int) {
	t.Helper()
	names, seen, total := map[string]bool{}, map[int32]bool{}, map[string]bool{}
	for _, rack := range racks {
		total[rack] = true
	}
	for i, id := range replicas {
		if seen[id] {
			t.Fatalf("%v names a broker twice", replicas)
		}
		seen[id], names[racks[id]] = true, true
		holds[id]++
		if i == 0 {
			leads[id]++
		}
	}
	if len(replicas) != factor || len(names) != min(factor, len(total)) {
		t.Fatalf("%v is in racks %v", replicas, names)
	}
}

// TestPlacementAvoidsFenced: a rack gives fenced brokers only when it has no others, and never as
// the first replica.
func TestPlacementAvoidsFenced(t *testing.T) {
	image := brokersImage(t, []string{"a", "b", "a", "b"}, map[int32]bool{0: true, 3: true})
	p := newPlacer(image, rand.New(rand.NewPCG(3, 4)))
	for range 50 {
		if r := p.place(2); r[0] == 0 || r[0] == 3 || r[1] == 0 || r[1] == 3 {
			t.Fatalf("%v with brokers 0 and 3 fenced", r)
		}
		if r := p.place(3); r[0] == 0 || r[0] == 3 {
			t.Fatalf("%v is led by a fenced broker", r)
		}
	}
	if f := newPlacer(brokersImage(t, []string{"a"}, map[int32]bool{0: true}), zeros{}).check(1); !f.failed() {
		t.Error("a placement on fenced brokers only")
	}
}

// zeros is a source that always draws 0.
type zeros struct{}

func (zeros) Uint64() uint64 { return 0 }
func (zeros) IntN(int) int   { return 0 }
