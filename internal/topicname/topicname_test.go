package topicname

import (
	"strings"
	"testing"
)

func TestProblem(t *testing.T) {
	for name, want := range map[string]string{
		"a": "", "A-1._z": "", "__consumer_offsets": "", strings.Repeat("x", 249): "",
		"": "the empty string", ".": "'.' is not allowed", "..": "'..' is not allowed", strings.Repeat("x", 250): "max allowed length 249",
		"a b": "other than ASCII", "ä": "other than ASCII", strings.Repeat("ä", 200): "other than ASCII", strings.Repeat("ä", 250): "max allowed length 249",
	} {
		if got := Problem(name); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestInternalTopics(t *testing.T) {
	for _, name := range Internal() {
		if !IsInternal(name) || Problem(name) != "" {
			t.Error(name)
		}
	}
	if IsInternal(ClusterMetadata) || IsInternal("t") {
		t.Error("a topic that Kafka does not list is internal")
	}
	if CollisionKey("a.b_c") != CollisionKey("a_b.c") || !HasCollisionChars("a.b") || HasCollisionChars("a-b") {
		t.Error("collisions")
	}
}
