// Package result is the result of a run of the client scenarios. test/interop/runner writes it, and
// test/interop/matrix makes the table of docs/compatibility.md from it.
package result

import (
	"encoding/json"
	"os"
)

// Steps lists the steps of the scenario in order, with the heading of each in the table.
var Steps = []struct{ Name, Heading string }{
	{"create", "create topic"},
	{"list", "list"},
	{"none", "plain"},
	{"gzip", "gzip"},
	{"snappy", "snappy"},
	{"lz4", "lz4"},
	{"zstd", "zstd"},
	{"headers", "headers"},
	{"group", "group of three"},
	{"killed", "member killed"},
	{"commit", "commit, resume"},
	{"reset", "reset"},
	{"time", "by time"},
	{"idempotent", "idempotent"},
	{"delete", "delete topic"},
}

// The outcomes of a step.
const (
	Passed  = "passed"
	Failed  = "failed"
	Lacking = "lacking" // the client does not have the feature, so the broker got no request
)

// Step is one step's outcome. Detail describes the failure, or the feature that the client lacks.
type Step struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail,omitempty"`
	Millis  int64  `json:"-"` // the duration; not stored, so that a second run writes the same file
}

// Client is one client's run.
type Client struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Steps   []Step `json:"steps"`
}

// Run is a whole run against one broker.
type Run struct {
	Against string   `json:"against"`
	Clients []Client `json:"clients"`
}

// Step returns the step of that name. ok is false when it was not run.
func (c Client) Step(name string) (s Step, ok bool) {
	for _, s := range c.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{Name: name}, false
}

// Count returns the number of steps with the outcome.
func (r Run) Count(outcome string) (n int) {
	for _, c := range r.Clients {
		for _, s := range c.Steps {
			if s.Outcome == outcome {
				n++
			}
		}
	}
	return n
}

// Merge replaces the clients of the same names by the clients of other, and appends the rest.
func (r *Run) Merge(other Run) {
	r.Against = other.Against
next:
	for _, c := range other.Clients {
		for i := range r.Clients {
			if r.Clients[i].Name == c.Name {
				r.Clients[i] = c
				continue next
			}
		}
		r.Clients = append(r.Clients, c)
	}
}

// Load reads a run. A missing file is an empty run.
func Load(file string) (r Run, err error) {
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}

// Store writes the run.
func (r Run) Store(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}
