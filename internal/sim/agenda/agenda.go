// Package agenda orders the events of a simulator by their simulated times.
package agenda

import (
	"container/heap"
	"time"
)

// Event is an entry of an Agenda.
type Event[T any] struct {
	// At is the time of the event since the start of the run.
	At time.Duration
	// What the event does belongs to the simulator.
	What T

	draw uint32 // orders events of the same time at random
	n    uint64 // orders events of the same time and draw
	pos  int    // index in the heap, -1 when the event is not in it
}

// Agenda holds the events that are to come. The zero value is empty.
type Agenda[T any] struct {
	events events[T]
	made   uint64
}

// Len is the number of events that are to come.
func (a *Agenda[T]) Len() int { return len(a.events) }

// Add adds an event. draw is a random number that orders events of the same time.
func (a *Agenda[T]) Add(at time.Duration, draw uint32, what T) *Event[T] {
	a.made++
	e := &Event[T]{At: at, What: what, draw: draw, n: a.made}
	heap.Push(&a.events, e)
	return e
}

// Take takes the next event that is due at or before end. It returns nil when there is none.
func (a *Agenda[T]) Take(end time.Duration) *Event[T] {
	if len(a.events) == 0 || a.events[0].At > end {
		return nil
	}
	return heap.Pop(&a.events).(*Event[T])
}

// Delay adds an event again that was taken, at a later time.
func (a *Agenda[T]) Delay(e *Event[T], at time.Duration) {
	e.At = at
	heap.Push(&a.events, e)
}

// Cancel removes an event. It returns false when the event was taken or removed before.
func (a *Agenda[T]) Cancel(e *Event[T]) bool {
	if e.pos < 0 {
		return false
	}
	heap.Remove(&a.events, e.pos)
	return true
}

// events implements heap.Interface.
type events[T any] []*Event[T]

func (q events[T]) Len() int { return len(q) }

func (q events[T]) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.At != b.At {
		return a.At < b.At
	}
	if a.draw != b.draw {
		return a.draw < b.draw
	}
	return a.n < b.n
}

func (q events[T]) Swap(i, j int) { q[i], q[j] = q[j], q[i]; q[i].pos, q[j].pos = i, j }

func (q *events[T]) Push(x any) {
	e := x.(*Event[T])
	e.pos = len(*q)
	*q = append(*q, e)
}

func (q *events[T]) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	e.pos = -1
	return e
}
