package telemetry

import (
	"sort"
	"sync"
)

// Health holds the checks of a node. A check returns nil, or the reason for its failure. It must
// not block.
type Health struct {
	mu          sync.Mutex
	live, ready map[string]func() error
}

// NewHealth makes a Health without checks, which is healthy and ready.
func NewHealth() *Health {
	return &Health{live: make(map[string]func() error), ready: make(map[string]func() error)}
}

// Live registers a check of /healthz. When it fails, the process should be restarted.
func (h *Health) Live(name string, check func() error) { h.set(h.live, name, check) }

// Ready registers a check of /readyz. When it fails, the node should get no new clients.
func (h *Health) Ready(name string, check func() error) { h.set(h.ready, name, check) }

func (h *Health) set(m map[string]func() error, name string, check func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m[name] = check
}

// CheckResult is the outcome of one check.
type CheckResult struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// CheckLive runs the checks of /healthz, sorted by name.
func (h *Health) CheckLive() (ok bool, results []CheckResult) { return h.run(h.live) }

// CheckReady runs the checks of /readyz, which include those of /healthz, sorted by name.
func (h *Health) CheckReady() (ok bool, results []CheckResult) { return h.run(h.live, h.ready) }

func (h *Health) run(sets ...map[string]func() error) (bool, []CheckResult) {
	h.mu.Lock()
	checks := make(map[string]func() error)
	for _, s := range sets {
		for name, c := range s {
			checks[name] = c
		}
	}
	h.mu.Unlock()
	ok, results := true, make([]CheckResult, 0, len(checks))
	for name, c := range checks {
		r := CheckResult{Name: name, OK: true}
		if err := c(); err != nil {
			ok, r.OK, r.Reason = false, false, err.Error()
		}
		results = append(results, r)
	}
	sort.Slice(results, func(i, j int) bool { return results[i].Name < results[j].Name })
	return ok, results
}
