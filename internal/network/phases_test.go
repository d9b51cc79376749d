package network

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// phaseLog is an Observer that keeps phases.
type phaseLog struct {
	mu  sync.Mutex
	all []Phases
	// errors are of the last exchange.
	none   int
	errors []ErrorCount
}

func (*phaseLog) Opened(*Listener) {}
func (*phaseLog) Closed(*Listener) {}
func (l *phaseLog) Done(x *Exchange, _ int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, x.Phases())
	l.none, l.errors = x.Errors()
}

func (l *phaseLog) wait(t *testing.T, n int) []Phases {
	t.Helper()
	waitFor(t, func() bool { l.mu.Lock(); defer l.mu.Unlock(); return len(l.all) >= n })
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Phases(nil), l.all...)
}

// parking answers correlation id 1 on demand, and others at once.
type parking struct{ parked chan *Exchange }

func (p parking) Serve(x *Exchange) {
	if x.Header.CorrelationID == 1 {
		p.parked <- x
		return
	}
	x.CountError(0, 2)
	x.CountError(int16(protocol.ErrUnknownTopicOrPartition), 1)
	x.CountError(int16(protocol.ErrUnknownTopicOrPartition), 2)
	respond(x)
}

func respond(x *Exchange) { x.Respond(protocol.New[protocol.HeartbeatResponse](), 0) }

func readAnswers(t *testing.T, c net.Conn, n int) {
	t.Helper()
	if _, err := io.ReadFull(c, make([]byte, n*(4+6))); err != nil {
		t.Fatal(err)
	}
}

func TestPhases(t *testing.T) {
	const long = 20 * time.Millisecond
	p, seen := parking{make(chan *Exchange, 1)}, &phaseLog{}
	s, addr := start(t, p, Options{Observer: seen})
	c := dial(t, addr)
	// The first request is parked. The second is answered at once, and its answer waits for the
	// first.
	if _, err := c.Write(append(heartbeat(1, 0), heartbeat(2, 0)...)); err != nil {
		t.Fatal(err)
	}
	x := <-p.parked
	waitFor(t, func() bool { return s.Activity() == Activity{Parked: 1, Answered: 1} })
	parked := time.Now()
	waitFor(t, func() bool { return time.Since(parked) >= long })
	respond(x)
	readAnswers(t, c, 2)
	all := seen.wait(t, 2)
	if f := all[0]; f.Remote < long || f.Local <= 0 || f.Queue != 0 || f.Wait > f.Remote || f.Send <= 0 {
		t.Errorf("parked: %+v", f)
	}
	if f := all[1]; f.Remote != 0 || f.Local <= 0 || f.Wait < long || f.Queue <= 0 || f.Send <= 0 {
		t.Errorf("behind it: %+v", f)
	}
	for _, f := range all {
		if sum := f.Queue + f.Local + f.Remote + f.Wait + f.Send; sum != f.Total {
			t.Errorf("%v in all, %v in parts", f.Total, sum)
		}
	}
	if seen.none != 2 || len(seen.errors) != 1 || seen.errors[0] != (ErrorCount{int16(protocol.ErrUnknownTopicOrPartition), 3}) {
		t.Error(seen.none, seen.errors)
	}
	if a := s.Activity(); a != (Activity{}) {
		t.Errorf("all is answered: %+v", a)
	}
}

func TestStopwatch(t *testing.T) {
	var w stopwatch
	at := func(s int) time.Time { return time.Unix(1000+int64(s), 0) }
	w.end(at(0))
	w.begin(at(1))
	w.begin(at(2))
	if d := w.total(at(3)); d != 2*time.Second {
		t.Fatal(d)
	}
	w.end(at(4))
	if d := w.total(at(9)); d != 3*time.Second {
		t.Fatal(d)
	}
}
