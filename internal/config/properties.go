package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Property is one pair of a .properties file.
type Property struct {
	Key, Value string
	// Line is the number of the line the pair starts on, from 1; 0 when it does not come from a file.
	Line int
}

// ParseProperties reads Java's .properties syntax (java.util.Properties.load): a key ends at the first
// unescaped '=', ':' or blank; '#' and '!' start comment lines; a line that ends in an odd number of
// backslashes goes on in the next, whose leading blanks are dropped; \t \n \r \f \uXXXX are escapes and any
// other escaped character stands for itself. Pairs keep the file's order, also repeated ones. The bytes are
// UTF-8, as Kafka reads them; invalid bytes are kept. The only error is a malformed \uXXXX, as in Java.
func ParseProperties(src []byte) ([]Property, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
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

// logicalLine takes one logical line off src, joined over continuations; it is empty for blanks and comments.
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

// splitPair cuts a logical line at the end of its key; the separator is blanks around at most one '=' or ':'.
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

// unicodeEscape reads \uXXXX, or two of them that form a surrogate pair, and returns how many bytes it took.
func unicodeEscape(s []byte) (rune, int, error) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0, fmt.Errorf("Malformed \\uxxxx encoding.") //nolint:staticcheck // Java's text
	}
	if utf16.IsSurrogate(r) {
		if low, ok := hex4(s[6:]); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			return utf16.DecodeRune(r, low), 12, nil
		}
		return utf8.RuneError, 6, nil
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
