// Package list is a doubly linked list whose links are in the elements, so that a list of many
// elements needs no memory of its own.
package list

// Links are the neighbours of an element. The type of the elements embeds it.
type Links[T any] struct{ Prev, Next *T }

func (l *Links[T]) links() *Links[T] { return l }

type element[T any] interface {
	*T
	links() *Links[T]
}

// List is a list of elements of type T. The zero value is empty.
type List[T any, P element[T]] struct{ First, Last *T }

// PushBack puts n, which is in no list, at the end.
func (l *List[T, P]) PushBack(n *T) {
	at := P(n).links()
	at.Prev, at.Next = l.Last, nil
	if l.Last != nil {
		P(l.Last).links().Next = n
	} else {
		l.First = n
	}
	l.Last = n
}

// Remove takes n out of the list.
func (l *List[T, P]) Remove(n *T) {
	at := P(n).links()
	if at.Prev != nil {
		P(at.Prev).links().Next = at.Next
	} else {
		l.First = at.Next
	}
	if at.Next != nil {
		P(at.Next).links().Prev = at.Prev
	} else {
		l.Last = at.Prev
	}
	at.Prev, at.Next = nil, nil
}

// MoveToBack moves n from its place to the end.
func (l *List[T, P]) MoveToBack(n *T) {
	if n != l.Last {
		l.Remove(n)
		l.PushBack(n)
	}
}
