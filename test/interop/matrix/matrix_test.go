package main

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/test/interop/result"
)

// The table in the document matches the recorded results, and no recorded step failed.
func TestTableIsCurrent(t *testing.T) {
	if err := run("../../../docs/compatibility.md", "../results", true); err != nil {
		t.Error(err)
	}
	ours, err := result.Load("../results/gregor.json")
	if err != nil {
		t.Fatal(err)
	}
	if n := ours.Count(result.Passed); n == 0 || ours.Count(result.Failed) > 0 {
		t.Errorf("recorded: %d passed, %d failed", n, ours.Count(result.Failed))
	}
}

func TestSpliceKeepsTheRest(t *testing.T) {
	for name, c := range map[string]struct{ doc, want string }{
		"between the markers": {"a\n" + begin + "\nold\n" + end + "\nz\n", "a\n" + begin + "\nnew\n" + end + "\nz\n"},
		"no markers":          {"a\n", "a\n\n" + begin + "\nnew\n" + end + "\n"},
	} {
		got, err := splice([]byte(c.doc), []byte("new\n"))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q (%v), not %q", name, got, err, c.want)
		}
	}
	if _, err := splice([]byte(end+"\n"+begin), nil); err == nil {
		t.Error("markers the wrong way round are accepted")
	}
}

func TestSectionSaysWhatFailed(t *testing.T) {
	ours := result.Run{Against: "gregor", Clients: []result.Client{{Name: "java-1.1.1", Version: "1.1.1", Steps: []result.Step{
		{Name: "create", Outcome: result.Passed}, {Name: "zstd", Outcome: result.Lacking, Detail: "no zstd"},
		{Name: "group", Outcome: result.Failed, Detail: "why"},
	}}}}
	peer := result.Run{Against: "Apache Kafka", Clients: []result.Client{{Name: "java-1.1.1", Steps: []result.Step{{Name: "group", Outcome: result.Passed}}}}}
	text := string(section(ours, peer))
	for _, want := range []string{"| kafka-clients (Java) | 1.1.1 | ✓ |", "no zstd", "group of three: why", "group: passed, on gregor failed"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
