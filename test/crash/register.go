package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// register is a thing that one writer at a time changes and that must be found as it was left: a
// topic, a group. An operation without an answer may have been done or not, until somebody looks.
type register[T fmt.Stringer] struct {
	name string
	// same says whether an observation is this state; a state may leave open what its writer could
	// not know.
	same func(want, got T) bool

	mu sync.Mutex
	// allowed is never empty: the states in which it may be found. One, unless an answer is
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

// found notes what a look showed. It must be called with the lock held.
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

// state is the state when it is certain. It must be called with the lock held.
func (r *register[T]) state() (T, bool) { return r.allowed[0], len(r.allowed) == 1 }
