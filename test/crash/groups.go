package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// groupState holds the positions of a group without members, in the partitions of topic plain. The
// zero value means that the group does not exist.
type groupState struct {
	exists  bool
	offsets [3]int64
}

func (s groupState) String() string {
	if !s.exists {
		return "no group"
	}
	return fmt.Sprintf("positions %v", s.offsets)
}

func newGroup(name string) *register[groupState] {
	return &register[groupState]{name: name, allowed: []groupState{{}},
		same: func(want, got groupState) bool { return want == got }}
}

// groupLoop commits for groups without members and deletes these groups. Their positions must be
// exactly the last ones.
func (h *harness) groupLoop(rng *rand.Rand, groups []*register[groupState]) {
	for h.pause(time.Duration(rng.IntN(8)) * time.Millisecond) {
		g := groups[rng.IntN(len(groups))]
		g.mu.Lock()
		h.fail(h.groupStep(rng, g))
		g.mu.Unlock()
	}
}

func (h *harness) groupStep(rng *rand.Rand, g *register[groupState]) error {
	ctx, cancel := context.WithTimeout(h.ctx, 30*time.Second)
	defer cancel()
	state, certain := g.state()
	if !certain {
		return h.lookGroup(ctx, g)
	}
	h.count.groupOps.Add(1)
	if state.exists && rng.IntN(25) == 0 {
		// Without an answer the group may exist or not. The next lookup decides.
		_ = g.change(groupState{}, func() (groupState, error) {
			_, err := h.admin.DeleteGroup(ctx, g.name)
			return groupState{}, err
		})
		return nil
	}
	after := groupState{exists: true}
	offsets := kadm.Offsets{}
	for i := range after.offsets {
		after.offsets[i] = state.offsets[i] + rng.Int64N(5)
		offsets.AddOffset("plain", int32(i), after.offsets[i], -1)
	}
	_ = g.change(after, func() (groupState, error) { return after, h.admin.CommitAllOffsets(ctx, g.name, offsets) })
	return nil
}

// lookGroup fetches a group's positions. Without an answer the model does not change.
func (h *harness) lookGroup(ctx context.Context, g *register[groupState]) error {
	resp, err := h.admin.FetchOffsets(ctx, g.name)
	if err != nil || !resp.Ok() {
		return nil
	}
	var got groupState
	resp.Each(func(r kadm.OffsetResponse) {
		if r.At >= 0 && r.Topic == "plain" && int(r.Partition) < len(got.offsets) {
			got.exists, got.offsets[r.Partition] = true, r.At
		}
	})
	return g.found("moved-back", got)
}
