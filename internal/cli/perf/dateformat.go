package perf

import (
	"fmt"
	"strings"
	"time"
)

// dateFormat formats times by a pattern of java.text.SimpleDateFormat, in local time.
type dateFormat []func(time.Time) string

// newDateFormat reads the pattern: the letters y M d H k K h m s S E a z Z X, quoted text, and
// anything that is no letter.
func newDateFormat(pattern string) (dateFormat, error) {
	var f dateFormat
	text := func(s string) { f = append(f, func(time.Time) string { return s }) }
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			end := strings.IndexByte(pattern[i+1:], '\'')
			switch {
			case end < 0:
				return nil, fmt.Errorf("Unterminated quote")
			case end == 0:
				text("'")
			default:
				text(pattern[i+1 : i+1+end])
			}
			i += end + 2
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		i += n
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			text(strings.Repeat(string(c), n))
			continue
		}
		field, err := dateField(c, n)
		if err != nil {
			return nil, err
		}
		f = append(f, field)
	}
	return f, nil
}

func dateField(c byte, n int) (func(time.Time) string, error) {
	number := func(get func(time.Time) int) (func(time.Time) string, error) {
		return func(t time.Time) string { return fmt.Sprintf("%0*d", n, get(t)) }, nil
	}
	layout := func(l string) (func(time.Time) string, error) {
		return func(t time.Time) string { return t.Format(l) }, nil
	}
	switch c {
	case 'y':
		if n == 2 {
			return layout("06")
		}
		return number(time.Time.Year)
	case 'M':
		switch {
		case n == 3:
			return layout("Jan")
		case n > 3:
			return layout("January")
		}
		return number(func(t time.Time) int { return int(t.Month()) })
	case 'd':
		return number(time.Time.Day)
	case 'H':
		return number(time.Time.Hour)
	case 'k':
		return number(func(t time.Time) int { return (t.Hour()+23)%24 + 1 })
	case 'K':
		return number(func(t time.Time) int { return t.Hour() % 12 })
	case 'h':
		return number(func(t time.Time) int { return (t.Hour()+11)%12 + 1 })
	case 'm':
		return number(time.Time.Minute)
	case 's':
		return number(time.Time.Second)
	case 'S':
		return number(func(t time.Time) int { return t.Nanosecond() / int(time.Millisecond) })
	case 'E':
		if n > 3 {
			return layout("Monday")
		}
		return layout("Mon")
	case 'a':
		return layout("PM")
	case 'z':
		return layout("MST")
	case 'Z':
		return layout("-0700")
	case 'X':
		return layout([]string{"Z07", "Z0700", "Z07:00"}[min(n, 3)-1])
	}
	return nil, fmt.Errorf("Illegal pattern character '%c'", c)
}

func (f dateFormat) format(t time.Time) string {
	var b strings.Builder
	for _, field := range f {
		b.WriteString(field(t))
	}
	return b.String()
}
