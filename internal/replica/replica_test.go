package replica

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts print into testdata")

// TestScripts runs testdata/*.txt. A paragraph has commands, a line "----", and the output of the
// commands. Commands are events, one on each line, as "name key=value ...". Each prints its
// effects. The last line of a paragraph is the state after it.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(text) {
				t.Errorf("%s prints something else (run with -rewrite and look at the difference):\n%s", file, got)
			}
		})
	}
}

func runScript(t *testing.T, text string) string {
	s := &script{t: t}
	var out strings.Builder
	for i, p := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		commands, _, _ := strings.Cut(p, "----\n")
		out.WriteString(strings.TrimRight(commands, "\n") + "\n")
		if onlyComments(commands) {
			continue
		}
		out.WriteString("----\n")
		for line := range strings.Lines(commands) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				out.WriteString(s.do(line))
			}
		}
		out.WriteString(s.state() + "\n")
	}
	return out.String()
}

func onlyComments(p string) bool {
	for line := range strings.Lines(p) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

type script struct {
	t     *testing.T
	r     *Replica
	nowMs int64
	args  map[string]string
}

func (s *script) num(key string, otherwise int64) int64 {
	v, ok := s.args[key]
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		s.t.Fatalf("%s=%s: %v", key, v, err)
	}
	return n
}

func (s *script) ids(key string) (out []int32) {
	for _, f := range strings.FieldsFunc(s.args[key], func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(f)
		if err != nil {
			s.t.Fatalf("%s: %v", key, err)
		}
		out = append(out, int32(n))
	}
	return out
}

func (s *script) do(line string) string {
	words := strings.Fields(line)
	s.args = map[string]string{}
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		s.args[k] = v
	}
	switch words[0] {
	case "new":
		s.r = New(Options{LocalID: 1, LogStartOffset: s.num("start", 0), LogEndOffset: s.num("end", 0), HighWatermark: s.num("hw", 0),
			MinISR: int(s.num("minisr", 1)), LagMaxMs: s.num("lag", 1000)})
		return ""
	case "at":
		s.nowMs = s.num("ms", 0)
		return ""
	case "append?":
		return fmt.Sprintf("%s: %s\n", line, s.r.CheckAppend(int16(s.num("acks", -1))).Name())
	case "metrics?":
		return fmt.Sprintf("%s: factor=%d under-replicated=%v under-min-isr=%v at-min-isr=%v reassigning=%v\n", line, s.r.ReplicationFactor(),
			s.r.UnderReplicated(), s.r.UnderMinISR(), s.r.AtMinISR(), s.r.Reassigning())
	case "leader?":
		return fmt.Sprintf("%s: %s\n", line, s.r.CheckLeader(int32(s.num("epoch", -1))).Name())
	case "committed?":
		done, err := s.r.Committed(int32(s.num("epoch", 0)), s.num("end", 0))
		return fmt.Sprintf("%s: %v %s\n", line, done, err.Name())
	case "replicated?":
		done, err := s.r.Replicated(int32(s.num("epoch", 0)), s.num("end", 0))
		return fmt.Sprintf("%s: %v %s\n", line, done, err.Name())
	}
	return fmt.Sprintf("%s: %s\n", words[0], s.effects(s.r.Step(s.nowMs, s.event(words[0]))))
}

func (s *script) event(name string) Event {
	le, pe := int32(s.num("epoch", 0)), int32(s.num("pepoch", 0))
	switch name {
	case "lead":
		return BecomeLeader{LeaderEpoch: le, PartitionEpoch: pe, Replicas: s.ids("replicas"), ISR: s.ids("isr"),
			Adding: s.ids("adding"), Removing: s.ids("removing"), Recovering: s.args["recovering"] == "true", Unsynced: s.num("unsynced", 0)}
	case "follow":
		return BecomeFollower{int32(s.num("leader", -1)), le, pe, s.ids("replicas"), s.ids("isr")}
	case "appended":
		return Appended{EndOffset: s.num("end", 0), Unsynced: s.num("unsynced", 0)}
	case "synced":
		return Synced{s.num("offset", 0)}
	case "fetched":
		return FollowerFetched{Unsynced: s.num("unsynced", 0), Replica: int32(s.num("by", 0)), BrokerEpoch: s.num("broker", -1), FetchOffset: s.num("from", 0),
			LogStartOffset: s.num("start", 0), Eligible: s.args["eligible"] != "false"}
	case "broker":
		return BrokerChanged{Broker: int32(s.num("id", 0)), BrokerEpoch: s.num("epoch", -1), Serving: s.args["serving"] != "false"}
	case "got":
		return FollowerAppended{s.num("end", 0), s.num("hw", 0)}
	case "altered":
		a := PartitionAltered{ID: uint64(s.num("id", int64(s.r.requests))), LeaderEpoch: le, PartitionEpoch: pe, ISR: s.ids("isr")}
		for code := protocol.ErrUnknownServerError; code < 200; code++ {
			if code.Name() == s.args["error"] {
				a.Err = code
			}
		}
		if (a.Err == protocol.ErrNone) != (s.args["error"] == "") {
			s.t.Fatalf("no error %s", s.args["error"])
		}
		return a
	case "configured":
		return Configured{int(s.num("minisr", 1)), s.num("lag", 1000)}
	case "truncated":
		return Truncated{s.num("end", 0)}
	case "start":
		return StartMoved{s.num("offset", 0)}
	case "failed":
		return LogFailed{}
	case "removed":
		return Removed{}
	case "tick":
		return Tick{}
	}
	s.t.Fatalf("no event %q", name)
	return nil
}

func (s *script) effects(fx Effects) string {
	var out []string
	for _, f := range []struct {
		is   bool
		text string
	}{
		{fx.AssignEpoch, "assign-epoch"}, {fx.HighWatermarkMoved, fmt.Sprintf("hw=%d", fx.HighWatermark)}, {fx.WakeProduces, "wake-produces"},
		{fx.WakeFetches, "wake-fetches"}, {fx.WakeFollowers, "wake-followers"},
	} {
		if f.is {
			out = append(out, f.text)
		}
	}
	if a := fx.Alter; a != nil {
		out = append(out, fmt.Sprintf("alter(id=%d epoch=%d pepoch=%d isr=%v recovered=%v)", a.ID, a.LeaderEpoch, a.PartitionEpoch, a.NewISR, a.Recovered))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, " ")
}

func (s *script) state() string {
	r := s.r
	role := [...]string{"idle", "leader", "follower", "offline"}[r.Role()]
	isr := strings.TrimPrefix(fmt.Sprintf("%T%v", r.ISR(), r.ISR()), "replica.")
	if r.askInFlight() {
		isr += fmt.Sprintf(" asked=%d", r.asked.ID)
	}
	return fmt.Sprintf("=> %s of %d epoch=%d/%d start=%d hw=%d end=%d low=%d isr=%s", role, r.LeaderID(), r.LeaderEpoch(), r.PartitionEpoch(),
		r.logStart, r.HighWatermark(), r.EndOffset(), r.LowWatermark(func(int32) bool { return true }), isr)
}

func TestStepDoesNotAllocate(t *testing.T) {
	r := New(Options{LocalID: 1})
	r.Step(0, BecomeLeader{Replicas: []int32{1, 2}, ISR: []int32{1, 2}})
	end := int64(0)
	if n := testing.AllocsPerRun(100, func() {
		end++
		r.Step(1, Appended{EndOffset: end})
		r.Step(1, FollowerFetched{Replica: 2, FetchOffset: end, Eligible: true})
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
	if r.HighWatermark() != end {
		t.Fatalf("high watermark %d, want %d", r.HighWatermark(), end)
	}
}
