package offsets

import (
	"fmt"
	"testing"
)

func TestParseOperands(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"b:1:5", "a:2:0", "a:1:-1"}, "[a-1 a-2 b-1] map[a-1:-1 a-2:0 b-1:5] <nil>"},
		{[]string{"a:1"}, "[] map[] a:1 is not TOPIC:PARTITION:OFFSET"},
		{[]string{"a:1:2:3"}, "[] map[] a:1:2:3 is not TOPIC:PARTITION:OFFSET"},
		{[]string{"a:x:1"}, "[] map[] a:x:1 is not TOPIC:PARTITION:OFFSET with a partition and an offset, or -1 for the end"},
		{[]string{"a:-1:1"}, "[] map[] a:-1:1 is not TOPIC:PARTITION:OFFSET with a partition and an offset, or -1 for the end"},
		{[]string{"a:1:-2"}, "[] map[] a:1:-2 is not TOPIC:PARTITION:OFFSET with a partition and an offset, or -1 for the end"},
		{[]string{"a:1:1", "a:1:2"}, "[] map[] a-1 is given twice"},
	} {
		order, offsets, err := parseOperands(c.args)
		if got := fmt.Sprint(order, offsets, err); got != c.want {
			t.Errorf("%v:\n%s\nwant\n%s", c.args, got, c.want)
		}
	}
}
