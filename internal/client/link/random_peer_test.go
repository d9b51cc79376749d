package link

import (
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

func (w *world) dial(conn uint64) {
	if w.conn != 0 {
		w.fail("dials beside connection %d", w.conn)
	}
	if w.now < w.quiet {
		w.fail("dials %v before the end of the backoff", w.quiet-w.now)
	}
	w.conn, w.arrives, w.answered = conn, w.now, false
	switch w.mood {
	case refusing:
		w.after(w.between(0, time.Millisecond), func() { w.broken(conn, Fault{Kind: Refused, Gone: true}) })
	case deaf:
		if w.rnd.IntN(2) == 0 {
			w.after(w.between(0, 20*time.Second), func() { w.broken(conn, Fault{Kind: Unreachable}) })
		}
	default:
		w.after(w.between(0, 3*time.Millisecond), func() { w.l.Opened(w.now, conn) })
	}
}

func (w *world) broken(conn uint64, f Fault) {
	if conn == w.conn {
		w.lose()
	}
	w.l.Broken(w.now, conn, f)
}

func (w *world) breakNow(conn uint64) func() {
	return func() { w.broken(conn, Fault{Kind: Broken, Gone: true}) }
}

// arrive is the time until an answer arrives, after those before it.
func (w *world) arrive() time.Duration {
	w.arrives = max(w.arrives, w.now+w.between(0, 5*time.Millisecond))
	return w.arrives - w.now
}

func (w *world) ask(e Effect) {
	if e.Conn != w.conn {
		w.fail("asks on connection %d of %d", e.Conn, w.conn)
	}
	conn, correlation := e.Conn, e.Correlation
	switch {
	case w.mood == stopped:
		return
	case w.mood == fleeing:
		w.after(w.arrive(), w.breakNow(conn))
		return
	case w.mood == mad && w.rnd.IntN(3) == 0:
		correlation += 5
	}
	n := Negotiation{Versions: &Versions{}, AskMax: -1}
	n.Versions.Set(protocol.KeyFetch, Range{int16(w.rnd.IntN(5)), 11})
	if e.Version > 2 {
		n = Negotiation{Err: protocol.ErrUnsupportedVersion, AskMax: int16(w.rnd.IntN(5)) - 2}
	}
	if w.mood == mad {
		n.Err = []protocol.Error{protocol.ErrNone, protocol.ErrRebootstrapRequired, protocol.ErrUnsupportedVersion, protocol.ErrInvalidRequest}[w.rnd.IntN(4)]
		if n.Versions == nil && n.Err == protocol.ErrNone {
			n.Err = protocol.ErrInvalidRequest
		}
	}
	w.after(w.arrive(), func() {
		if _, ok := w.l.Answer(w.now, conn, correlation); ok {
			w.l.Negotiated(w.now, conn, n)
		}
	})
}

func (w *world) write(e Effect) {
	if e.Conn != w.conn || e.Version > 11 || e.Version < e.Request.Allowed.Min {
		w.fail("writes version %d on connection %d of %d", e.Version, e.Conn, w.conn)
	}
	if w.rnd.IntN(40) == 0 {
		w.l.Drop(e.Request)
		w.end(e.Request, Fault{Kind: Invalid})
		return
	}
	size := 1 + w.rnd.IntN(100)
	if w.unwritten >= w.o.MaxUnwritten || len(w.written) >= w.o.MaxInFlight {
		w.fail("writes above its bounds: %d bytes, %d requests", w.unwritten, len(w.written))
	}
	w.unwritten += size
	w.written = append(w.written, e.Request)
	w.l.Took(size)
	conn, r, correlation := e.Conn, e.Request, e.Correlation
	w.after(w.between(0, 4*time.Millisecond), func() {
		if conn == w.conn {
			w.unwritten -= size
		}
		w.l.Wrote(conn, size)
	})
	switch {
	case w.mood == stopped:
		return
	case w.mood == fleeing || w.mood == mad && w.rnd.IntN(4) == 0:
		w.after(w.arrive(), w.breakNow(conn))
		return
	case w.mood == mad:
		correlation += int32(w.rnd.IntN(2))
	}
	w.after(w.arrive(), func() { w.answer(conn, r, correlation) })
}

func (w *world) answer(conn uint64, r *Request, correlation int32) {
	a, ok := w.l.Answer(w.now, conn, correlation)
	if !ok {
		return
	}
	if a.Request != r || conn != w.conn || w.written[0] != r || !w.open[r] {
		w.fail("an answer ends another request")
		return
	}
	w.written = w.written[1:]
	delete(w.open, r)
	w.answered = true
	w.counts["answered"]++
	if w.rnd.IntN(200) == 0 && w.now < troubled {
		w.l.Garbled(w.now, conn, nil)
	}
}
