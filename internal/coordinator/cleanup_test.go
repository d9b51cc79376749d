package coordinator

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// The offsets of a deleted topic stay when their partition cannot remove them, and a line says so.
// A partition that another node coordinates has no line.
func TestOffsetsOfADeletedTopicThatCannotBeRemoved(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*groupsFixture)
		want    string
	}{
		{"removed", func(*groupsFixture) {}, ""},
		{"refused", func(f *groupsFixture) { f.log.refuses = protocol.ErrNotEnoughReplicas }, "error=COORDINATOR_NOT_AVAILABLE"},
		{"loading", func(f *groupsFixture) {
			f.UnloadAll()
			f.Load(0, 2)
			f.Load(1, 2)
		}, "error=COORDINATOR_LOAD_IN_PROGRESS"},
		{"elsewhere", func(f *groupsFixture) { f.UnloadAll() }, ""},
	} {
		f := newGroups()
		f.commit("g", 7)
		var lines bytes.Buffer
		f.opts.Logger = slog.New(slog.NewTextHandler(&lines, nil))
		c.prepare(f)
		f.TopicsDeleted([]string{"t"})
		if got := lines.String(); !strings.Contains(got, c.want) || strings.Count(got, "\n") > 1 || (got == "") != (c.want == "") {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
