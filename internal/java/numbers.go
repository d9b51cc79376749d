package java

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// ErrNumber is the error of ParseInt and ParseDouble.
var ErrNumber = errors.New("not a number in Java's form")

// ParseInt is Integer.parseInt, Short.parseShort or Long.parseLong, for 32, 16 or 64 bits. It takes
// a sign, leading zeros and the decimal digits of every script. It takes no blanks.
func ParseInt(s string, bits int) (int64, error) {
	n, err := strconv.ParseInt(asciiDigits(s), 10, bits)
	if err != nil {
		return 0, ErrNumber
	}
	return n, nil
}

// asciiDigits replaces the decimal digits of other scripts. Java looks at UTF-16 units, so digits
// outside of the basic plane are not digits to it.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 || r > 0xffff || !unicode.Is(unicode.Nd, r) {
			return r
		}
		for _, block := range unicode.Nd.R16 {
			// Every block of digits begins with a zero.
			if rune(block.Lo) <= r && r <= rune(block.Hi) {
				return '0' + (r-rune(block.Lo))%10
			}
		}
		return r
	}, s)
}

// ParseDouble is Double.parseDouble. It takes blanks at both ends, the suffixes f, F, d and D,
// hexadecimal numbers, NaN and Infinity. A number that is too large is infinite.
func ParseDouble(s string) (float64, error) {
	s = Trim(s)
	number := strings.TrimPrefix(s, "-")
	if number == s {
		number = strings.TrimPrefix(s, "+")
	}
	switch {
	case number == "NaN":
		return math.NaN(), nil
	case number == "Infinity":
	case number == "" || number[0] != '.' && (number[0] < '0' || number[0] > '9') || strings.Contains(s, "_"):
		// strconv takes more words for infinity, and underscores.
		return 0, ErrNumber
	case strings.ContainsRune("fFdD", rune(s[len(s)-1])):
		s = s[:len(s)-1]
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, ErrNumber
	}
	return f, nil
}

// FormatDouble is Double.toString.
func FormatDouble(f float64) string { return format(f, 64) }

// FormatFloat is Float.toString.
func FormatFloat(f float32) string { return format(float64(f), 32) }

// format prints a plain number from 1e-3 to 1e7, and an exponent otherwise. One digit follows the
// point at least.
func format(f float64, bits int) string {
	if math.IsNaN(f) {
		return "NaN"
	}
	if math.IsInf(f, 0) {
		return strings.TrimPrefix(strings.Replace(strconv.FormatFloat(f, 'g', -1, bits), "Inf", "Infinity", 1), "+")
	}
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	text := strconv.FormatFloat(f, 'E', -1, bits)
	if text[1] != '.' && text[2] != '.' {
		text = strconv.FormatFloat(f, 'E', 1, bits)
	}
	mantissa, exp, _ := strings.Cut(text, "E")
	// The exponent is written by strconv, so it parses.
	n, _ := strconv.Atoi(exp)
	return mantissa + "E" + strconv.Itoa(n)
}
