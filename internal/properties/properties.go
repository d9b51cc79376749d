// Package properties reads and writes Java's .properties format (java.util.Properties). Kafka keeps
// server.properties and meta.properties in it.
package properties

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Property is one pair of a .properties file.
type Property struct {
	Key, Value string
	// Line is the number of the pair's first line, from 1. It is 0 when the pair does not come from
	// a file.
	Line int
}

// Parse reads a .properties file as java.util.Properties.load(InputStream) does: its bytes are
// ISO-8859-1. Kafka reads server.properties, meta.properties and the properties files of its tools
// this way. The pairs keep the order of the file, also when a key is repeated. The only error is a
// malformed \uXXXX, as in Java.
//
// A key ends at the first unescaped '=', ':' or blank. '#' and '!' start comment lines. A line that
// ends in an odd number of backslashes continues in the next line, whose leading blanks are
// dropped. \t \n \r \f \uXXXX are escapes. Any other escaped character is itself. Unlike Java,
// Parse skips a byte order mark at the beginning.
func Parse(src []byte) ([]Property, error) { return parse(decodeLatin1(withoutMark(src))) }

// ParseUTF8 is Parse of a file whose bytes are UTF-8, as java.util.Properties.load(Reader) sees it.
// Kafka's FileConfigProvider reads its files this way. Other bytes are an error.
func ParseUTF8(src []byte) ([]Property, error) {
	if !utf8.Valid(src) {
		return nil, errors.New("the file is not UTF-8")
	}
	return parse(withoutMark(src))
}

func withoutMark(src []byte) []byte { return bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")) }

// decodeLatin1 returns ISO-8859-1 text as UTF-8.
func decodeLatin1(src []byte) []byte {
	high := 0
	for _, c := range src {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	if high == 0 {
		return src
	}
	out := make([]byte, 0, len(src)+high)
	for _, c := range src {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

func parse(src []byte) ([]Property, error) {
	var out []Property
	line := 0
	for len(src) > 0 {
		start := line + 1
		var logical []byte
		logical, src, line = logicalLine(src, line)
		if len(logical) == 0 {
			continue
		}
		k, v := splitPair(logical)
		key, err := unescape(k)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", start, err)
		}
		value, err := unescape(v)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", start, err)
		}
		out = append(out, Property{Key: key, Value: value, Line: start})
	}
	return out, nil
}

// Append adds the line of one pair to b, as java.util.Properties.store(OutputStream) writes it. The
// line is ASCII: other characters become \uXXXX.
func Append(b []byte, key, value string) []byte {
	b = append(appendEscaped(b, key, true), '=')
	return append(appendEscaped(b, value, false), '\n')
}

// appendEscaped escapes blanks everywhere in a key, and at the beginning only of a value.
func appendEscaped(b []byte, s string, key bool) []byte {
	for i, r := range s {
		switch r {
		case ' ':
			if key || i == 0 {
				b = append(b, '\\')
			}
			b = append(b, ' ')
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\f':
			b = append(b, `\f`...)
		case '\\', '=', ':', '#', '!':
			b = append(b, '\\', byte(r))
		default:
			b = appendRune(b, r)
		}
	}
	return b
}

func appendRune(b []byte, r rune) []byte {
	switch {
	case r >= 0x20 && r <= 0x7e:
		return append(b, byte(r))
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(b, `\u%04X\u%04X`, high, low)
	}
	return fmt.Appendf(b, `\u%04X`, r)
}

// logicalLine takes one logical line off src, joined over continuations; it is empty for blanks and
// comments.
func logicalLine(src []byte, line int) (logical, rest []byte, lastLine int) {
	for first := true; ; first = false {
		var natural []byte
		natural, src = naturalLine(src)
		line++
		natural = bytes.TrimLeft(natural, " \t\f")
		if first && len(natural) > 0 && (natural[0] == '#' || natural[0] == '!') {
			return nil, src, line
		}
		backslashes := len(natural) - len(bytes.TrimRight(natural, `\`))
		if backslashes%2 == 0 && first {
			return natural, src, line
		}
		if backslashes%2 == 0 {
			return append(logical, natural...), src, line
		}
		logical = append(logical, natural[:len(natural)-1]...)
		if len(src) == 0 {
			return logical, src, line
		}
	}
}

// naturalLine takes one line ended by \n, \r or \r\n.
func naturalLine(src []byte) (natural, rest []byte) {
	i := bytes.IndexAny(src, "\r\n")
	if i < 0 {
		return src, nil
	}
	end := i + 1
	if src[i] == '\r' && end < len(src) && src[end] == '\n' {
		end++
	}
	return src[:i], src[end:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\f' }

// splitPair cuts a logical line at the end of its key; the separator is blanks around at most one
// '=' or ':'.
func splitPair(l []byte) (key, value []byte) {
	end := 0
	for end < len(l) && l[end] != '=' && l[end] != ':' && !isBlank(l[end]) {
		if l[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(l))
	i, separated := end, false
	for i < len(l) && (isBlank(l[i]) || !separated && (l[i] == '=' || l[i] == ':')) {
		separated = separated || !isBlank(l[i])
		i++
	}
	return l[:end], l[i:]
}

func unescape(s []byte) (string, error) {
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s), nil
	}
	var b strings.Builder
	b.Grow(len(s)) // no escape is shorter than its character
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			break
		}
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, n, err := unicodeEscape(s[i-1:])
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			i += n - 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// unicodeEscape reads \uXXXX, or two of them that form a surrogate pair, and returns how many bytes
// it took.
func unicodeEscape(s []byte) (rune, int, error) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0, fmt.Errorf("Malformed \\uxxxx encoding.") //nolint:staticcheck // Java's text
	}
	if utf16.IsSurrogate(r) {
		if low, ok := hex4(s[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return utf16.DecodeRune(r, low), 12, nil
		}
		return '?', 6, nil // as in String.getBytes(UTF_8)
	}
	return r, 6, nil
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
