package metadata

import (
	"cmp"
	"iter"
	"slices"
)

// chunkMax bounds the entries of one chunk, and so the entries that an edit copies.
const chunkMax = 64

// Map is a persistent map in ascending key order. The zero value is not usable: see newMap.
//
// It is a sorted list of sorted chunks. An edit copies the list of chunks once and each touched
// chunk once, so the old and the new map share all other chunks. A read is two binary searches and
// takes no lock.
//
// Invariant: no chunk is empty, and keys ascend strictly within and across chunks.
type Map[K, V any] struct {
	compare func(a, b K) int
	chunks  [][]entry[K, V]
	size    int
}

type entry[K, V any] struct {
	key   K
	value V
}

func newMap[K, V any](compare func(a, b K) int) Map[K, V] { return Map[K, V]{compare: compare} }

func newOrderedMap[K cmp.Ordered, V any]() Map[K, V] { return newMap[K, V](cmp.Compare[K]) }

// Len returns the number of entries.
func (m *Map[K, V]) Len() int { return m.size }

// Get returns the value of a key.
func (m *Map[K, V]) Get(key K) (V, bool) {
	if c := m.chunkOf(key); c < len(m.chunks) {
		if i, ok := m.search(m.chunks[c], key); ok {
			return m.chunks[c][i].value, true
		}
	}
	var none V
	return none, false
}

// All yields every entry in ascending key order.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, chunk := range m.chunks {
			for _, e := range chunk {
				if !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// From yields the entries whose key is not below from, in ascending key order.
func (m *Map[K, V]) From(from K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		c := m.chunkOf(from)
		if c >= len(m.chunks) {
			return
		}
		i, _ := m.search(m.chunks[c], from)
		for ; c < len(m.chunks); c, i = c+1, 0 {
			for _, e := range m.chunks[c][i:] {
				if !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// chunkOf returns the position of the first chunk whose last key is not below key, or len(chunks).
// The loops here and in search do not call library functions, because every Produce and Fetch looks
// up topics.
func (m *Map[K, V]) chunkOf(key K) int {
	lo, hi := 0, len(m.chunks)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if chunk := m.chunks[mid]; m.compare(chunk[len(chunk)-1].key, key) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (m *Map[K, V]) search(chunk []entry[K, V], key K) (int, bool) {
	lo, hi := 0, len(chunk)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if m.compare(chunk[mid].key, key) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(chunk) && m.compare(chunk[lo].key, key) == 0
}

// editor changes a private copy of a map. It copies a chunk before the first change to it.
//
// Invariant: after copied is true, the original map does not share m.chunks. After own[i] is true,
// it does not share chunk i.
type editor[K, V any] struct {
	m      Map[K, V]
	copied bool
	own    []bool
}

func (m Map[K, V]) edit() *editor[K, V] { return &editor[K, V]{m: m} }

// done returns the changed map. The editor must not be used afterwards.
func (e *editor[K, V]) done() Map[K, V] { return e.m }

func (e *editor[K, V]) get(key K) (V, bool) { return e.m.Get(key) }

func (e *editor[K, V]) copyList() {
	if e.copied {
		return
	}
	e.m.chunks = append(make([][]entry[K, V], 0, len(e.m.chunks)+1), e.m.chunks...)
	e.own = make([]bool, len(e.m.chunks), len(e.m.chunks)+1)
	e.copied = true
}

func (e *editor[K, V]) copyChunk(c int) {
	if !e.own[c] {
		e.m.chunks[c] = append(make([]entry[K, V], 0, chunkMax+1), e.m.chunks[c]...)
		e.own[c] = true
	}
}

func (e *editor[K, V]) set(key K, value V) {
	e.copyList()
	if len(e.m.chunks) == 0 {
		e.m.chunks = append(e.m.chunks, []entry[K, V]{{key, value}})
		e.own = append(e.own, true)
		e.m.size = 1
		return
	}
	c := min(e.m.chunkOf(key), len(e.m.chunks)-1)
	e.copyChunk(c)
	i, found := e.m.search(e.m.chunks[c], key)
	if found {
		e.m.chunks[c][i].value = value
		return
	}
	e.m.size++
	e.m.chunks[c] = slices.Insert(e.m.chunks[c], i, entry[K, V]{key, value})
	if len(e.m.chunks[c]) > chunkMax {
		e.split(c)
	}
}

// split halves a full chunk. A chunk at the end of the map keeps most of its entries, because keys
// often arrive in order.
func (e *editor[K, V]) split(c int) {
	chunk := e.m.chunks[c]
	at := len(chunk) / 2
	if c == len(e.m.chunks)-1 {
		at = len(chunk) * 7 / 8
	}
	right := append(make([]entry[K, V], 0, chunkMax+1), chunk[at:]...)
	clear(chunk[at:])
	e.m.chunks[c] = chunk[:at]
	e.m.chunks = slices.Insert(e.m.chunks, c+1, right)
	e.own = slices.Insert(e.own, c+1, true)
}

func (e *editor[K, V]) remove(key K) {
	c := e.m.chunkOf(key)
	if c >= len(e.m.chunks) {
		return
	}
	i, found := e.m.search(e.m.chunks[c], key)
	if !found {
		return
	}
	e.copyList()
	e.m.size--
	if len(e.m.chunks[c]) == 1 {
		e.m.chunks = slices.Delete(e.m.chunks, c, c+1)
		e.own = slices.Delete(e.own, c, c+1)
		return
	}
	e.copyChunk(c)
	e.m.chunks[c] = slices.Delete(e.m.chunks[c], i, i+1)
}
