package main

import "sync"

// keyState is the model of one key of a compacted topic. One writer owns a key and writes one
// record after another.
type keyState struct {
	acked recordID // the latest acknowledged; Seq -1 when there is none
	tomb  bool     // the record is a deletion
	// sentTomb is the highest number of the unacknowledged deletions, or -1.
	sentTomb int64
}

// keyed checks compacted partitions: a reader must end with the latest acknowledged value of a key.
type keyed struct {
	mu   sync.Mutex
	keys map[part]map[string]*keyState
}

func newKeyed() *keyed { return &keyed{keys: map[part]map[string]*keyState{}} }

func (k *keyed) state(p part, key string) *keyState {
	m := k.keys[p]
	if m == nil {
		m = map[string]*keyState{}
		k.keys[p] = m
	}
	s := m[key]
	if s == nil {
		s = &keyState{acked: recordID{Seq: -1}, sentTomb: -1}
		m[key] = s
	}
	return s
}

func (k *keyed) sent(p part, key string, id recordID, tomb bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.state(p, key); tomb {
		s.sentTomb = id.Seq
	}
}

func (k *keyed) acked(p part, key string, id recordID, tomb bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.state(p, key)
	if id.Seq < s.acked.Seq {
		return
	}
	s.acked, s.tomb = id, tomb
	if s.sentTomb <= id.Seq {
		s.sentTomb = -1
	}
}

// final is the last record of a key that a reader got.
type final struct {
	id     recordID
	offset int64
	tomb   bool
}

// check compares the final records of a complete read. No writer may have records in flight.
func (k *keyed) check(p part, read map[string]final) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, s := range k.keys[p] {
		if s.acked.Seq < 0 {
			continue
		}
		f, ok := read[key]
		switch {
		case !ok && !s.tomb && s.sentTomb < 0:
			return broken("lost", p, "key %s: %v was acknowledged, no record of the key is left", key, s.acked)
		case ok && f.id.Seq < s.acked.Seq && s.tomb && f.tomb:
			// An older deletion outlived a newer one. Readers see no value, as they should.
		case ok && f.id.Seq < s.acked.Seq && s.tomb:
			return broken("lost", p, "key %s: deleted by %v, yet %v is read at offset %d", key, s.acked, f.id, f.offset)
		case ok && f.id.Seq < s.acked.Seq:
			return broken("lost", p, "key %s: %v was acknowledged, the latest is %v at offset %d", key, s.acked, f.id, f.offset)
		case ok && f.id.Seq == s.acked.Seq && f.tomb != s.tomb:
			return broken("corrupt", p, "key %s: %v deletion=%v was acknowledged, read is deletion=%v", key, s.acked, s.tomb, f.tomb)
		}
	}
	return nil
}
