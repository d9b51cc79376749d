package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kind returns the kind of a violation, or "" without one.
func kind(err error) string {
	var v *violation
	if errors.As(err, &v) {
		return v.Kind
	}
	return ""
}

// rec is a record that a reader got.
type rec struct {
	offset int64
	id     recordID
}

func log(ids ...recordID) (out []rec) {
	for i, id := range ids {
		out = append(out, rec{int64(i), id})
	}
	return out
}

// readLog reads log from start to its end.
func readLog(l *ledger, start int64, log []rec, end int64) error {
	_, ackedEnd, _ := l.mark()
	p := newPass(l, start, ackedEnd)
	for _, r := range log {
		if r.offset < start {
			continue
		}
		if err := p.record(r.offset, 0, value(r.id, 30), false); err != nil {
			return err
		}
	}
	return p.done(end)
}

var (
	a0, a1, a2, a3 = recordID{1, 0}, recordID{1, 1}, recordID{1, 2}, recordID{1, 3}
	b0, b1         = recordID{2, 0}, recordID{2, 1}
)

func TestEveryFaultOfALogIsFound(t *testing.T) {
	good := log(a0, b0, a1, a2, b1, a3)
	cases := []struct {
		name  string
		log   []rec
		start int64
		want  string
	}{
		{"all there", good, 0, ""},
		{"an unacknowledged record more", log(a0, b0, a1, a2, b1, a3, recordID{3, 0}), 0, ""},
		{"log start in the middle", good, 2, ""},
		{"the last one is lost", log(a0, b0, a1, a2, b1), 0, "lost"},
		{"all is lost", nil, 0, "lost"},
		{"one in the middle is left out", append(log(a0, b0), rec{3, a2}, rec{4, b1}, rec{5, a3}), 0, "lost"},
		{"one in the middle is lost, the rest moves up", log(a0, b0, a2, b1, a3), 0, "hole"},
		{"the first one is lost, the rest moves up", log(b0, a1, a2, b1, a3), 0, "unstable"},
		{"one is there twice", log(a0, b0, a1, a2, b1, a3, a3), 0, "order"},
		{"another one has its place", log(a0, b0, a1, a2, b1, recordID{9, 0}), 0, "unstable"},
		{"two changed places", log(a0, b0, a2, a1, b1, a3), 0, "hole"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := newLedger(part{"t", 0}, false)
			for _, r := range good {
				if err := l.acked(r.offset, r.id); err != nil {
					t.Fatal(err)
				}
			}
			if got := kind(readLog(l, c.start, c.log, int64(len(c.log)))); got != c.want {
				t.Errorf("found %q, planted %q", got, c.want)
			}
		})
	}
}

func TestAnswersAndReadersAgree(t *testing.T) {
	l := newLedger(part{"t", 0}, false)
	steps := []struct {
		err  error
		want string
	}{
		{l.acked(5, a0), ""},
		{l.acked(5, a0), ""},
		{l.seen(5, a0), ""},
		{l.acked(6, a0), "duplicate"},
		{l.seen(5, a1), "unstable"},
		{l.startsAt(6), ""},
		{l.seen(5, a1), ""}, // deleted in between
		{l.startsAt(5), "start"},
	}
	for i, s := range steps {
		if kind(s.err) != s.want {
			t.Errorf("step %d: %v, want %q", i, s.err, s.want)
		}
	}
}

func TestCompactedKeys(t *testing.T) {
	p := part{"k", 0}
	cases := []struct {
		name string
		read map[string]final
		want string
	}{
		{"the latest", map[string]final{"x": {a3, 7, false}}, ""},
		{"a later one without an answer", map[string]final{"x": {recordID{1, 9}, 9, false}}, ""},
		{"an older one", map[string]final{"x": {a1, 3, false}}, "lost"},
		{"none", map[string]final{}, "lost"},
		{"another content", map[string]final{"x": {a3, 7, true}}, "corrupt"},
	}
	for _, c := range cases {
		k := newKeyed()
		k.sent(p, "x", a3, false)
		k.acked(p, "x", a3, false)
		if got := kind(k.check(p, c.read)); got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
	k := newKeyed()
	k.acked(p, "x", a1, false)
	k.sent(p, "x", a2, true)
	if err := k.check(p, nil); err != nil {
		t.Errorf("a deletion without an answer may have been done: %v", err)
	}
	k.acked(p, "x", a2, true)
	if got := kind(k.check(p, map[string]final{"x": {a1, 3, false}})); got != "lost" {
		t.Errorf("a value that came back after its deletion: %q", got)
	}
	if err := k.check(p, nil); err != nil {
		t.Errorf("a deletion that was compacted away: %v", err)
	}
}

func TestRegisterKnowsWhatMayBe(t *testing.T) {
	g := newGroup("g")
	one, two := groupState{true, [3]int64{1, 1, 1}}, groupState{true, [3]int64{2, 2, 2}}
	if err := g.change(one, func() (groupState, error) { return one, nil }); err != nil {
		t.Fatal(err)
	}
	_ = g.change(two, func() (groupState, error) { return two, errors.New("killed") })
	if _, certain := g.state(); certain {
		t.Error("a commit without an answer is certain")
	}
	if err := g.found("moved-back", groupState{}); kind(err) != "moved-back" {
		t.Errorf("positions that vanished: %v", err)
	}
	if err := g.found("moved-back", two); err != nil {
		t.Error(err)
	}
	if err := g.found("moved-back", one); kind(err) != "moved-back" {
		t.Errorf("positions that went back after they were seen: %v", err)
	}
}

func TestCommittedPositions(t *testing.T) {
	p := part{"t", 0}
	c := newCommits("g")
	found := func(at int64) string { return kind(c.fetched(p, at, c.prune()[p])) }
	commit := func(offset int64) *commit {
		o := c.try(p, offset)
		c.returned(o)
		return o
	}
	early := c.try(p, 5)
	if got := found(-1); got != "" {
		t.Errorf("no position before the first answer: %q", got)
	}
	c.acked(p, commit(10))
	c.acked(p, early) // sent before 10: either can be the last one
	for at, want := range map[int64]string{9: "moved-back", -1: "moved-back", 21: "moved-back", 10: "", 5: ""} {
		if got := found(at); got != want {
			t.Errorf("position %d: found %q, want %q", at, got, want)
		}
	}
	commit(20) // no answer
	if got := found(20); got != "" {
		t.Errorf("a commit without an answer: %q", got)
	}
	if got := found(10); got != "moved-back" {
		t.Errorf("a position that was read is gone: %q", got)
	}
	c.acked(p, commit(15)) // a member's old position in a new generation
	if got := found(15); got != "" || c.back != 1 {
		t.Errorf("a commit behind the last one: %q, %d counted", got, c.back)
	}
	if got := found(20); got != "" {
		t.Errorf("a commit that may still be on its way: %q", got)
	}
	c.killed()
	c.acked(p, commit(16))
	if got := found(20); got != "moved-back" {
		t.Errorf("a commit that was sent to a broker that is dead: %q", got)
	}
}

func TestValuesShowEveryChange(t *testing.T) {
	b := value(a1, 100)
	if id, err := parseValue(b); err != nil || id != a1 {
		t.Fatalf("%v %v", id, err)
	}
	for i := range b {
		c := value(a1, 100)
		c[i] ^= 1
		if id, err := parseValue(c); err == nil && id == a1 {
			t.Errorf("a change of byte %d is not seen", i)
		}
	}
	if _, err := parseValue(b[:99]); err == nil {
		t.Error("a value cut short is not seen")
	}
}

func TestStoryNamesThePlace(t *testing.T) {
	dir := t.TempDir()
	s, err := newStory(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.file.Close()
	if err := os.MkdirAll(filepath.Join(dir, "data", "t-0"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "t-0", "0.log"), make([]byte, 77), 0o644); err != nil {
		t.Fatal(err)
	}
	s.add("t-0: records deleted up to %d", 4)
	s.add("kill %d", 1)
	var b strings.Builder
	s.tell(&b, broken("lost", part{"t", 0}, "offset 3"), filepath.Join(dir, "data"))
	for _, want := range []string{"VIOLATION lost: t-0: offset 3", "records deleted up to 4", "kill 1", "77", "0.log"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the story does not tell %q:\n%s", want, b.String())
		}
	}
}
