//go:build hostile

package hostile

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
)

// TestRandomRequests sends valid, damaged and invalid requests of every API and version from
// several connections, while honest clients work. No record may be lost. The broker must answer
// every request in order or close its connection. Memory and goroutines must return to their former
// values. The broker must start again on the data directory.
func TestRandomRequests(t *testing.T) {
	const attackers = 4
	s := seed(t)
	base := runtime.NumGoroutine()
	before := heap()
	dir := t.TempDir()
	b, err := gregor.Start(t.Context(), gregor.Config{Dir: dir, Properties: quickGroups})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{topics: []string{"victim-1", "victim-2", "victim-3"}, groups: []string{"group-1", "group-2", "group-3"}}
	w.ids = createTopics(t, b, 3, nil, w.topics...)
	createTopics(t, b, 1, nil, "honest-1", "honest-2")
	clients := []*honest{newHonest(t, b, "honest-1"), newHonest(t, b, "honest-2")}

	apis := served(t, b)
	until := time.Now().Add(seconds(4 * time.Second))
	var wg sync.WaitGroup
	all := make([]*attacker, attackers)
	for i := range all {
		all[i] = newAttacker(t, b, w, apis, s+uint64(i))
		wg.Go(func() { all[i].run(until) })
	}
	began := time.Now()
	wg.Wait()
	t.Logf("attack over after %v", time.Since(began).Round(time.Millisecond))
	total := fmt.Sprintf("%d APIs", len(apis))
	for i, a := range all {
		if a.problem != nil {
			t.Errorf("attacker %d: %v", i, a.problem)
		}
		total += fmt.Sprintf("; %d requests, %d answers, %d connections", a.requests, a.answers, a.connections)
	}
	t.Log(total)
	serves(t, b)
	promised := []int64{clients[0].finish(t), clients[1].finish(t)}
	if now := heap(); now > before+256<<20 {
		t.Errorf("%d MiB in use after the attack, %d before", now>>20, before>>20)
	}
	t.Logf("checked after %v", time.Since(began).Round(time.Millisecond))
	stop(t, b)
	t.Logf("stopped after %v", time.Since(began).Round(time.Millisecond))
	goroutinesBackTo(t, base)

	b = start(t, gregor.Config{Dir: dir, Properties: quickGroups})
	for i, n := range promised {
		verify(t, b, clients[i].topic, n)
	}
	serves(t, b)
}
