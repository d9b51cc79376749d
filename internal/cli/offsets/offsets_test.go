package offsets

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	for _, c := range []struct{ rules, yes, no string }{
		{"a", "a-0 a-9", "b-0 aa-0"},
		{"a:1", "a-1", "a-0 a-2"},
		{"a:1-3", "a-1 a-2", "a-0 a-3"},
		{"a:-2", "a-0 a-1", "a-2"},
		{"a:2-", "a-2 a-99", "a-1"},
		{":0", "a-0 b-0", "a-1"},
		{"a:0,b", "a-0 b-5", "a-1"},
		{"a.:0", "ab-0", "a-0"},
	} {
		f, err := parseRules(c.rules)
		if err != nil {
			t.Errorf("%s: %v", c.rules, err)
			continue
		}
		for want, list := range map[bool]string{true: c.yes, false: c.no} {
			for _, tp := range strings.Fields(list) {
				topic, number, _ := strings.Cut(tp, "-")
				p, err := strconv.Atoi(number)
				if err != nil {
					t.Fatal(err)
				}
				if f(topic, int32(p)) != want {
					t.Errorf("%s: %s is %v", c.rules, tp, !want)
				}
			}
		}
	}
	for _, bad := range []string{"a:b", "a:1:2", "a:-x", "((:0"} {
		if _, err := parseRules(bad); err == nil {
			t.Errorf("%s is a rule", bad)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]int64{"latest": -1, "-2": -2, "max-timestamp": -3, "earliest-local": -4, "latest-tiered": -5, "earliest-pending-upload": -6, "123": 123} {
		if got, err := parseTime(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	if _, err := parseTime("bogus"); err == nil {
		t.Error("bogus is a time")
	}
}

func TestParseOffsets(t *testing.T) {
	for text, want := range map[string]string{
		`{"partitions":[{"topic":"a","partition":1,"offset":-1}],"version":1}`: "<nil>",
		`{"partitions":[]}`:             "<nil>",
		`{bogus`:                        "The input string is not a valid JSON",
		`{"version":2,"partitions":[]}`: "Not supported version field value 2",
		`{"version":1}`:                 "Missing partitions field",
		`{"partitions":[{"topic":"a","partition":1}]}`:                                                   "No such field exists: `offset`",
		`{"partitions":[{"topic":"a","partition":1,"offset":1},{"topic":"a","partition":1,"offset":2}]}`: "Offset json file contains duplicate topic partitions: a-1",
	} {
		if _, _, err := parseOffsets([]byte(text)); fmt.Sprint(err) != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
