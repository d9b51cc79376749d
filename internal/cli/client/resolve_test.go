package client

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// TestResolvable checks which bootstrap servers stay, and for how long names are looked up again.
func TestResolvable(t *testing.T) {
	for _, c := range []struct {
		servers, want []string
		patience      time.Duration
		warnings      int
	}{
		{[]string{"127.0.0.1:1", "[::1]:2"}, []string{"127.0.0.1:1", "[::1]:2"}, 0, 0},
		{[]string{"no..host:1", "127.0.0.1:1"}, []string{"127.0.0.1:1"}, time.Minute, 1},
		{[]string{"no..host:1"}, nil, 0, 1},
		{[]string{"no..host:1", "no..host:2"}, nil, 50 * time.Millisecond, 2},
	} {
		var errs strings.Builder
		begin := time.Now()
		got, err := resolvable(&tool.Env{Stderr: &errs}, c.servers, c.patience)
		if !slices.Equal(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%v: %v, %v", c.servers, got, err)
		}
		if n := strings.Count(errs.String(), "Couldn't resolve server no..host"); n != c.warnings {
			t.Errorf("%v: %s", c.servers, errs.String())
		}
		if d := time.Since(begin); err != nil && d < c.patience {
			t.Errorf("%v: gave up after %s", c.servers, d)
		}
	}
}
