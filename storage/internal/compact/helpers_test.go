package compact

import (
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit/batches"
	"github.com/gregorhq/gregor/record"
)

var (
	keyed = batches.Keyed
	lines = batches.Lines
)

func expectLines(t *testing.T, found []record.Batch, want ...string) {
	t.Helper()
	if got := lines(t, found); !slices.Equal(got, want) {
		t.Fatalf("log is\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func at(offset int64) record.BuilderOptions { return record.BuilderOptions{BaseOffset: offset} }
