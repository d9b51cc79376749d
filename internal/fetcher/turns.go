package fetcher

// turns decides which of the parts that are behind are in the session.
type turns struct {
	// seated are the parts that have a turn, room is how many may. least is the lower bound of
	// room: so many parts fill half of an answer.
	seated      []*part
	room, least int
	// queue are the parts that wait, the first one first. A part whose waiting is not set has left
	// it. queued counts the others.
	queue  []*part
	queued int
}

// turnParts is the length of a turn, in replica.fetch.max.bytes.
const turnParts = 32

// gauge notes whether a part is behind the leader's high watermark, and ends its turn when the part
// is not behind any more, or has had much while others wait.
func (t *turns) gauge(f *Fetcher, p *part, r *Result) {
	if r.HighWatermark <= p.at.End {
		t.leave(f, p)
		return
	}
	if !p.behind {
		p.behind, p.got = true, 0
		t.join(p)
		t.fill(f)
		return
	}
	p.got += int64(r.Bytes)
	long := p.got >= turnParts*int64(f.set.PartitionMaxBytes)
	if p.turn && t.queued > 0 && (long || len(t.seated) > t.room && r.Bytes > 0) {
		t.unseat(p)
		t.join(p)
		t.fill(f)
	}
}

func (t *turns) join(p *part) {
	p.waiting = true
	t.queue = append(t.queue, p)
	t.queued++
}

// leave takes a part that is not behind any more, or is not fetched, out of the turns.
func (t *turns) leave(f *Fetcher, p *part) {
	if p.waiting {
		p.waiting = false
		t.queued--
	}
	p.behind = false
	if p.turn {
		t.unseat(p)
		t.fill(f)
	}
}

// fill gives free turns to the parts that wait.
func (t *turns) fill(f *Fetcher) {
	for len(t.seated) < t.room && t.queued > 0 {
		p := t.queue[0]
		t.queue = t.queue[1:]
		if !p.waiting {
			continue
		}
		p.waiting, p.turn, p.seat = false, true, len(t.seated)
		t.queued--
		t.seated = append(t.seated, p)
		f.touch(p)
	}
	if t.queued == 0 {
		t.queue = nil
	}
}

// unseat ends the turn of a part.
func (t *turns) unseat(p *part) {
	last := t.seated[len(t.seated)-1]
	last.seat = p.seat
	t.seated[p.seat] = last
	t.seated = t.seated[:len(t.seated)-1]
	p.turn, p.got = false, 0
}

// maxRoom bounds the number of turns.
const maxRoom = 1 << 16

// adapt changes the number of turns: bytes is how much of an answer belonged to parts that are
// behind.
func (t *turns) adapt(f *Fetcher, bytes int) {
	half := int(f.set.MaxBytes / 2)
	switch {
	case bytes >= half:
		t.room = max(t.room/2, t.least)
	case bytes < half/2 && t.queued > 0:
		t.room = min(2*t.room, maxRoom)
		t.fill(f)
	}
}
