package wire

import (
	"strconv"
	"unsafe"
)

// ArrayLen reads the element count of an array that is not null. minElem is the minimal size of an
// element in bytes. ArrayLen refuses a count that the remaining bytes cannot hold, before any
// allocation or loop. It returns 0 after an error.
func (r *Reader) ArrayLen(flex bool, minElem int) int {
	n := r.NullableArrayLen(flex, minElem)
	if n < 0 {
		if r.err == nil {
			r.FailNull("(array)")
		}
		return 0
	}
	return n
}

// NullableArrayLen is ArrayLen for an array that may be null. It returns -1 for null and after an
// error.
func (r *Reader) NullableArrayLen(flex bool, minElem int) int {
	var n int
	if flex {
		n = r.compactLen()
	} else {
		n = int(r.Int32())
	}
	switch {
	case r.err != nil || n == -1:
		return -1
	case n < -1:
		r.Fail("array count " + strconv.Itoa(n) + " is negative")
		return -1
	case n > MaxArrayElements:
		r.Fail("array count " + strconv.Itoa(n) + " exceeds " + strconv.Itoa(MaxArrayElements))
		return -1
	case n > r.Len()/max(minElem, 1):
		r.Fail("array count " + strconv.Itoa(n) + " exceeds what " + strconv.Itoa(r.Len()) + " remaining bytes can hold")
		return -1
	}
	if r.elements += n; r.most > 0 && r.elements > r.most {
		r.Fail("the arrays of the message have more than " + strconv.Itoa(r.most) + " elements together")
		return -1
	}
	return n
}

// Slice returns a slice of n elements for a count that ArrayLen has checked. It reuses old, with
// its elements, when old has the capacity. Otherwise it returns a new slice that starts with old's
// elements. It is never nil.
func Slice[T any](r *Reader, old []T, n int) []T {
	if n <= cap(old) && old != nil {
		return old[:n]
	}
	var zero T
	if !r.charge(n * int(unsafe.Sizeof(zero))) {
		return nil
	}
	s := make([]T, n)
	copy(s, old[:cap(old)])
	return s
}

// TagCount reads the number of tagged fields that follow.
func (r *Reader) TagCount() int {
	n := int(r.Uvarint())
	if n == 0 {
		return 0
	}
	switch {
	case n > MaxTaggedFields:
		r.Fail("count of tagged fields " + strconv.Itoa(n) + " exceeds " + strconv.Itoa(MaxTaggedFields))
		return 0
	case n > r.Len()/2: // tag and size take a byte each
		r.Fail("count of tagged fields " + strconv.Itoa(n) + " exceeds what " + strconv.Itoa(r.Len()) + " remaining bytes can hold")
		return 0
	}
	return n
}

// Tag reads the head of a tagged field. It returns the tag, and the position of the field's end.
func (r *Reader) Tag() (tag uint32, end int) {
	tag = r.Uvarint()
	size := int(r.Uvarint())
	if size < 0 || size > r.Len() {
		r.short("tagged field "+strconv.Itoa(int(tag)), size)
		return tag, r.off
	}
	return tag, r.off + size
}

// EndTag checks that a known tagged field has the announced size.
func (r *Reader) EndTag(end int) {
	if r.off != end && r.err == nil {
		r.Fail("tagged field ends at byte " + strconv.Itoa(r.off) + " instead of " + strconv.Itoa(end))
	}
}

// SkipTo skips an unknown tagged field.
func (r *Reader) SkipTo(end int) {
	if r.err == nil {
		r.off = end
	}
}

// SkipTags skips a whole section of tagged fields.
func (r *Reader) SkipTags() {
	for n := r.TagCount(); n > 0 && r.err == nil; n-- {
		_, end := r.Tag()
		r.SkipTo(end)
	}
}

// Empty returns old without its elements, never nil. It is the default of a nullable array.
func Empty[T any](old []T) []T {
	if old == nil {
		return []T{}
	}
	return old[:0]
}

// Pointer returns old, or a new T when old is nil. The new T counts against the reader's budget.
func Pointer[T any](r *Reader, old *T) *T {
	if old != nil {
		return old
	}
	p := new(T)
	r.charge(int(unsafe.Sizeof(*p)))
	return p
}
