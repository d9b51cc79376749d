package java

import (
	"encoding/hex"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// facts reads the lines that Java 17 wrote for one letter, as unquoted fields.
func facts(t *testing.T, letter string) (out [][]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/java17.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), letter+" ")
		if !ok {
			continue
		}
		var fields []string
		for rest != "" {
			field, err := strconv.QuotedPrefix(rest)
			if err != nil {
				fields = append(fields, rest)
				break
			}
			rest = strings.TrimPrefix(rest[len(field):], " ")
			if field, err = strconv.Unquote(field); err != nil {
				t.Fatal(line, err)
			}
			fields = append(fields, field)
		}
		out = append(out, fields)
	}
	if len(out) < 4 {
		t.Fatalf("%d facts of %s", len(out), letter)
	}
	return out
}

func TestParseDoubleAsJava(t *testing.T) {
	for _, c := range facts(t, "D") {
		got := "error"
		if f, err := ParseDouble(c[0]); err == nil {
			got = FormatDouble(f)
		}
		if got != c[1] {
			t.Errorf("%q: %s, Java %s", c[0], got, c[1])
		}
	}
}

func TestParseIntAsJava(t *testing.T) {
	for _, c := range facts(t, "I") {
		got := "error"
		if n, err := ParseInt(c[0], 32); err == nil {
			got = strconv.FormatInt(n, 10)
		}
		if got != c[1] {
			t.Errorf("%q: %s, Java %s", c[0], got, c[1])
		}
	}
	if _, err := ParseInt("32768", 16); err == nil {
		t.Error("32768 is no short")
	}
	if n, err := ParseInt("-9223372036854775808", 64); err != nil || n != math.MinInt64 {
		t.Error(n, err)
	}
}

func TestFormatAsJava(t *testing.T) {
	for _, c := range facts(t, "F") {
		bits, want, _ := strings.Cut(c[0], " ")
		n, _ := strconv.ParseInt(bits, 10, 64)
		if got := FormatDouble(math.Float64frombits(uint64(n))); got != want {
			t.Errorf("%s, Java %s", got, want)
		}
	}
	for _, c := range facts(t, "G") {
		bits, want, _ := strings.Cut(c[0], " ")
		n, _ := strconv.ParseInt(bits, 10, 64)
		if got := FormatFloat(math.Float32frombits(uint32(n))); got != want {
			t.Errorf("%s, Java %s", got, want)
		}
	}
}

func TestLengthCountsUTF16Units(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "äö": 2, "€": 1, "😀": 2, "a😀b": 4} {
		if got := Length(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

func TestTextAsJava(t *testing.T) {
	for _, c := range facts(t, "H") {
		if got := strconv.Itoa(int(HashCode(c[0]))); got != c[1] {
			t.Errorf("%q: %s, Java %s", c[0], got, c[1])
		}
	}
	for _, c := range facts(t, "T") {
		if got := Trim(c[0]); got != c[1] {
			t.Errorf("%q: %q, Java %q", c[0], got, c[1])
		}
	}
}

// TestAbs: Utils.abs of Kafka is not Utils.toPositive, which clears the sign bit.
func TestAbs(t *testing.T) {
	for n, want := range map[int32]int32{0: 0, 1: 1, -1: 1, math.MaxInt32: math.MaxInt32, -math.MaxInt32: math.MaxInt32, math.MinInt32: 0} {
		if got := Abs(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}

func TestDecodeUTF8AsJava(t *testing.T) {
	for _, c := range facts(t, "U") {
		in, err := hex.DecodeString(c[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString([]byte(DecodeUTF8(in))); got != c[1] {
			t.Errorf("%s: %s, Java %s", c[0], got, c[1])
		}
	}
}
