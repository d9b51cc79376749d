package producer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/client"
)

// lineReader turns lines into records, as Kafka's LineMessageReader does; a line is taken as the
// bytes it has.
type lineReader struct {
	in     *bufio.Reader
	prompt func()
	number int
	// pending are lines that a lone carriage return ended.
	pending [][]byte

	parseKey, parseHeaders, ignoreError             bool
	keySep, headersDelim, headersSep, headersKeySep string
	marker                                          string
	hasMarker                                       bool
	split                                           *regexp.Regexp
}

// Properties of the reader. The values of readerFlags are true and false.
var (
	readerFlags = []string{"parse.key", "parse.headers", "ignore.error"}
	readerTexts = []string{"key.separator", "headers.delimiter", "headers.separator", "headers.key.separator", "null.marker"}
)

func newLineReader(p client.Props, in io.Reader, prompt func()) (*lineReader, error) {
	yes := func(key string) bool { return strings.EqualFold(strings.TrimSpace(p[key]), "true") }
	text := func(key, otherwise string) string {
		if v, ok := p[key]; ok {
			return v
		}
		return otherwise
	}
	r := &lineReader{
		in: bufio.NewReaderSize(in, 1<<16), prompt: prompt,
		parseKey: yes("parse.key"), parseHeaders: yes("parse.headers"), ignoreError: yes("ignore.error"),
		keySep: text("key.separator", "\t"), headersDelim: text("headers.delimiter", "\t"),
		headersSep: text("headers.separator", ","), headersKeySep: text("headers.key.separator", ":"),
	}
	r.marker, r.hasMarker = p["null.marker"]
	for _, c := range []struct{ a, b, an, bn string }{
		{r.headersDelim, r.headersSep, "headers.delimiter", "headers.separator"},
		{r.headersDelim, r.headersKeySep, "headers.delimiter", "headers.key.separator"},
		{r.headersSep, r.headersKeySep, "headers.separator", "headers.key.separator"},
	} {
		if c.a == c.b {
			return nil, fmt.Errorf("%s and %s may not be equal", c.an, c.bn)
		}
	}
	for _, c := range []struct{ text, name string }{
		{r.keySep, "key.separator"}, {r.headersSep, "headers.separator"}, {r.headersDelim, "headers.delimiter"}, {r.headersKeySep, "headers.key.separator"},
	} {
		if r.hasMarker && c.text == r.marker {
			return nil, fmt.Errorf("null.marker and %s may not be equal", c.name)
		}
	}
	var err error
	if r.split, err = regexp.Compile(r.headersSep); err != nil {
		return nil, fmt.Errorf("headers.separator: %w", err)
	}
	return r, nil
}

// line reads up to a line feed, a carriage return, or both. It returns io.EOF at the end.
func (r *lineReader) line() ([]byte, error) {
	if len(r.pending) == 0 {
		b, err := r.in.ReadBytes('\n')
		if len(b) == 0 {
			return nil, err
		}
		b = bytes.TrimSuffix(b, []byte("\n"))
		b = bytes.TrimSuffix(b, []byte("\r"))
		r.pending = bytes.Split(b, []byte("\r"))
	}
	first := r.pending[0]
	r.pending = r.pending[1:]
	return first, nil
}

// next is the next record, io.EOF at the end of the input.
func (r *lineReader) next() (*kgo.Record, error) {
	r.number++
	r.prompt()
	raw, err := r.line()
	if err != nil {
		return nil, err
	}
	line := string(raw)
	rest := line
	rec := &kgo.Record{}
	if r.parseHeaders {
		headers, after, err := r.cut(line, rest, r.headersDelim, "headers delimiter")
		if err != nil {
			return nil, err
		}
		if rest = after; headers != nil && !r.isNull(*headers) {
			if rec.Headers, err = r.headers(*headers); err != nil {
				return nil, err
			}
		}
	}
	if r.parseKey {
		key, after, err := r.cut(line, rest, r.keySep, "key separator")
		if err != nil {
			return nil, err
		}
		if rest = after; key != nil {
			rec.Key = r.field(*key)
		}
	}
	rec.Value = r.field(rest)
	return rec, nil
}

// cut splits rest at a separator. before is nil when there is no separator and errors are ignored.
func (r *lineReader) cut(line, rest, sep, what string) (*string, string, error) {
	before, after, ok := strings.Cut(rest, sep)
	if ok {
		return &before, after, nil
	}
	if r.ignoreError {
		return nil, rest, nil
	}
	return nil, "", fmt.Errorf("No %s found on line number %d: '%s'", what, r.number, line)
}

func (r *lineReader) isNull(s string) bool { return r.hasMarker && s == r.marker }

func (r *lineReader) field(s string) []byte {
	if r.isNull(s) {
		return nil
	}
	return []byte(s)
}

func (r *lineReader) headers(text string) (headers []kgo.RecordHeader, err error) {
	for _, pair := range r.split.Split(text, -1) {
		key, value, ok := strings.Cut(pair, r.headersKeySep)
		switch {
		case !ok && r.ignoreError:
			headers = append(headers, kgo.RecordHeader{Key: pair})
		case !ok:
			return nil, fmt.Errorf("No header key separator found in pair '%s' on line number %d", pair, r.number)
		case r.isNull(key):
			return nil, errors.New("Header keys should not be equal to the null marker '" + r.marker + "' as they can't be null")
		default:
			headers = append(headers, kgo.RecordHeader{Key: key, Value: r.field(value)})
		}
	}
	return headers, nil
}
