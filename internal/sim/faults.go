package sim

import "time"

// fault causes one fault and schedules the next.
func (s *session) fault() {
	if s.calm {
		return
	}
	s.w.after(s.w.between(2*time.Second, s.faultPause), "fault", s.fault)
	s.faultAt = max(s.w.now, s.m.life.pausedUntil)
	m := s.m
	if s.diskFaults && m.serving && !m.stopping && !m.failing() && s.w.chance(3) {
		s.failDisk()
		return
	}
	switch n := s.w.rng.IntN(20); {
	case n < 7:
		s.w.trace.Add(s.w.now, "fault: power cut")
		ops := 0
		if s.w.rng.IntN(3) > 0 {
			ops = 1 + s.w.rng.IntN(60)
		}
		m.cutPower(pick(s.w, 0, 0.5, 0.9), ops)
	case n < 10:
		s.w.trace.Add(s.w.now, "fault: kill")
		s.stats.Kills++
		m.kill()
	case n < 14:
		s.w.trace.Add(s.w.now, "fault: restart")
		s.stats.Restarts++
		m.restart()
	case n < 16:
		d := s.w.between(100*time.Millisecond, 20*time.Second)
		s.w.trace.Add(s.w.now, "fault: pause "+d.String())
		s.stats.Pauses++
		if s.scarce() {
			m.disk.scarceUntil = s.w.now + d // the node looks for descriptors again after the pause
		}
		m.pause(d)
		s.faultAt += d
	case n < 18:
		s.lastWall = later(s.lastWall, s.w.wall())
		s.w.skew += s.w.between(-time.Minute, time.Minute)
		s.lastWall = later(s.lastWall, s.w.wall())
		s.w.trace.Add(s.w.now, "fault: clock skew "+s.w.skew.String())
		s.stats.Jumps++
	default:
		d := s.w.between(time.Second, 8*time.Second)
		s.w.trace.Add(s.w.now, "fault: few descriptors for "+d.String())
		s.stats.Scarce++
		m.disk.scarceUntil = s.w.now + d
		l := m.life
		// Either the process is at its own limit, so that it can close a file and open another one,
		// or other processes take every descriptor of the system that the process frees.
		if s.w.chance(2) {
			l.descriptors = max(l.open-s.w.rng.IntN(4), 1)
		} else {
			l.descriptors = 1
		}
		s.w.schedule(l, d, "enough descriptors", func() {
			l.descriptors = 0
			m.disk.scarceUntil = s.w.now // a pause may have moved it
		})
		s.faultAt += d
	}
}

// calmDown ends all faults.
func (s *session) calmDown() {
	s.calm = true
	s.m.disk.cutAt, s.m.life.descriptors = 0, 0
	s.faultAt = max(s.w.now, s.m.life.pausedUntil)
	if s.m.failing() {
		s.m.kill()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
