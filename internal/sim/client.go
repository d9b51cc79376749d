package sim

import (
	"reflect"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// client is the common part of all simulated clients.
type client struct {
	s    *session
	w    *World
	name string
	conn *conn
	// since is the time at which the current operation began. A node that serves must complete it.
	since time.Duration
	// p is the partition that the client works on, nil when it uses several or none.
	p *part
}

func (s *session) newClient(name string) client {
	return client{s: s, w: s.w, name: name, conn: s.m.connect(name)}
}

// version draws a served version that is not below from.
func (c *client) version(req protocol.Message, from int16) int16 {
	a, ok := c.s.m.api(req.APIKey())
	if !ok {
		return from // the node is down, so the connection is refused
	}
	from = max(from, a.MinVersion)
	return from + int16(c.w.rng.IntN(int(a.MaxVersion-from)+1))
}

// ask sends a request at a version and passes the answer to done. The outcome is unknown
// when the error is errLost, or when lost reports that the power was cut meanwhile.
func ask[Resp protocol.Message](c *client, req protocol.Message, version int16, done func(resp Resp, lost bool)) {
	cuts := c.s.cuts
	c.conn.send(req, version, false, func(resp protocol.Message, err error) {
		var none Resp
		if err != nil {
			done(none, true)
			return
		}
		c.s.checkAnswer(c.name, resp)
		done(resp.(Resp), cuts != c.s.cuts)
	})
}

// begin starts the clock of an operation.
func (c *client) begin() { c.since = c.w.now }

// again repeats an operation after a pause. It fails the run when the node has served for too long
// since the operation began.
func (c *client) again(what string, f func()) {
	served := c.w.now - max(c.since, c.s.quietSince(c.p))
	if c.s.m.serving && served > c.s.patience {
		c.w.fail("liveness: %s cannot %s for %v", c.name, what, served)
	}
	c.w.after(c.w.between(20*time.Millisecond, 200*time.Millisecond), c.name+" again", f)
}

// checkAnswer looks for error codes that no request may cause.
func (s *session) checkAnswer(client string, m protocol.Message) {
	eachError(reflect.ValueOf(m).Elem(), func(code int16) {
		switch e := protocol.Error(code); e {
		case protocol.ErrUnknownServerError, protocol.ErrKafkaStorageError, protocol.ErrCorruptMessage:
			if e == protocol.ErrKafkaStorageError && s.m.failing() {
				return
			}
			if s.scarce() {
				return
			}
			s.w.fail("errors: %s gets %s in %s", client, e.Name(), m.MessageName())
		}
	})
}

// scarce reports whether file descriptors are scarce, or were a second ago. A request that opens a
// file may then fail.
func (s *session) scarce() bool {
	return s.m.life.descriptors > 0 || s.w.now < s.m.disk.scarceUntil+time.Second
}

// eachError calls f for every error code of an answer.
func eachError(v reflect.Value, f func(int16)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "ErrorCode" && v.Field(i).Kind() == reflect.Int16 {
				f(int16(v.Field(i).Int()))
				continue
			}
			eachError(v.Field(i), f)
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k != reflect.Struct {
			return
		}
		for i := range v.Len() {
			eachError(v.Index(i), f)
		}
	}
}
