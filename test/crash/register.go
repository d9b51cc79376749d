package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// register is an object that one writer at a time changes: a topic or a group. A lookup must find
// the last state. An operation without an answer may have happened or not, until a lookup decides.
type register[T fmt.Stringer] struct {
	name string
	// same reports whether an observation is this state. A state may leave open what its writer
	// could not know.
	same func(want, got T) bool

	mu sync.Mutex
	// allowed are the possible states. It is never empty. It has one element unless an answer is
	// missing.
	allowed []T
}

// change runs an operation that leads to after. It must be called with the lock held.
func (r *register[T]) change(after T, op func() (T, error)) error {
	r.allowed = append(r.allowed, after)
	got, err := op()
	if err != nil {
		return err
	}
	r.allowed = []T{got}
	return nil
}

// found records the result of a lookup. It must be called with the lock held.
func (r *register[T]) found(kind string, got T) error {
	if !slices.ContainsFunc(r.allowed, func(want T) bool { return r.same(want, got) }) {
		var want []string
		for _, a := range r.allowed {
			want = append(want, a.String())
		}
		return broken(kind, r.name, "found: %v; it must be: %s", got, strings.Join(want, " or "))
	}
	r.allowed = []T{got}
	return nil
}

// state returns the state when it is certain. It must be called with the lock held.
func (r *register[T]) state() (T, bool) { return r.allowed[0], len(r.allowed) == 1 }
