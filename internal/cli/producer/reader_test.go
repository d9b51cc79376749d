package producer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/client"
)

func TestLineReader(t *testing.T) {
	for _, c := range []struct{ props, in, want, err string }{
		{"", "a\nb\n\nc", "null|a null|b null| null|c", ""},
		{"", "a\r\nb\rc\r\n", "null|a null|b null|c", ""},
		{"parse.key=true", "k\tv\nk2\t", "k|v k2|", ""},
		{"parse.key=true key.separator=:", "k:v:w\nbad", "k|v:w", "No key separator found on line number 2: 'bad'"},
		{"parse.key=true ignore.error=true", "bad", "null|bad", ""},
		{"parse.key=TRUE null.marker=N", "N\tN", "null|null", ""},
		{"parse.headers=true parse.key=true null.marker=N", "h:1,g:N\tk\tv", "k|v|h=1|g=null", ""},
		{"parse.headers=true null.marker=N", "N\tv", "null|v", ""},
		{"parse.headers=true", "h1\tv", "", "No header key separator found in pair 'h1' on line number 1"},
		{"parse.headers=true ignore.error=true", "h1\tv", "null|v|h1=null", ""},
		{"parse.headers=true null.marker=N", "N:1\tv", "", "Header keys should not be equal to the null marker 'N' as they can't be null"},
		{"headers.separator=:", "", "", "headers.separator and headers.key.separator may not be equal"},
		{"headers.delimiter=,", "", "", "headers.delimiter and headers.separator may not be equal"},
		{"null.marker=,", "", "", "null.marker and headers.separator may not be equal"},
	} {
		r, err := newLineReader(client.ParsePairs(strings.Fields(c.props)), strings.NewReader(c.in), func() {})
		var got []string
		for err == nil {
			rec, rerr := r.next()
			if err = rerr; err == nil {
				s := text(rec.Key) + "|" + text(rec.Value)
				for _, h := range rec.Headers {
					s += fmt.Sprintf("|%s=%s", h.Key, text(h.Value))
				}
				got = append(got, s)
			}
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if s := strings.Join(got, " "); s != c.want || fmt.Sprint(err) != orNil(c.err) {
			t.Errorf("%s %q: %s, %v; want %s, %s", c.props, c.in, s, err, c.want, orNil(c.err))
		}
	}
}

func text(b []byte) string {
	if b == nil {
		return "null"
	}
	return string(b)
}

func orNil(s string) string {
	if s == "" {
		return "<nil>"
	}
	return s
}
