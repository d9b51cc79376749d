package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/check"
)

func TestParseProperties(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string // key, value, key, value
	}{
		{"a=b", []string{"a", "b"}},
		{"broker.id:0", []string{"broker.id", "0"}},
		{"broker.id : 0\n", []string{"broker.id", "0"}},
		{"a b c", []string{"a", "b c"}},
		{"a\tb", []string{"a", "b"}},
		{"a", []string{"a", ""}},
		{"a=", []string{"a", ""}},
		{"=b", []string{"", "b"}},
		{"a==b", []string{"a", "=b"}},
		{"a = = b", []string{"a", "= b"}},
		{"a := b", []string{"a", "= b"}},
		{"a=b ", []string{"a", "b "}},
		{"  \t\f a=b", []string{"a", "b"}},
		{"# c\n! c\n  # c\na=b#c", []string{"a", "b#c"}},
		{"listeners=PLAINTEXT://:9092", []string{"listeners", "PLAINTEXT://:9092"}},
		{`a\=b=c`, []string{"a=b", "c"}},
		{`a\:b:c`, []string{"a:b", "c"}},
		{`a\ b c`, []string{"a b", "c"}},
		{`\#a=b`, []string{"#a", "b"}},
		{"a=b\\\n   c", []string{"a", "bc"}},
		{"a=b\\\\\nc=d", []string{"a", `b\`, "c", "d"}},
		{"a=b,\\\r\n  c", []string{"a", "b,c"}},
		{"a=b\\", []string{"a", "b"}},
		{"a=b\\\n#c", []string{"a", "b#c"}},
		{"a=b\rc=d\r\n\r\ne=f", []string{"a", "b", "c", "d", "e", "f"}},
		{`a=\t\n\r\f\\\q\"`, []string{"a", "\t\n\r\f\\q\""}},
		{`a=C:\\data`, []string{"a", `C:\data`}},
		{`a=\u0041\u00e9`, []string{"a", "Aé"}},
		{`a=\ud83d\ude00x`, []string{"a", "😀x"}},
		{"a=1\na=2", []string{"a", "1", "a", "2"}},
		{"\xef\xbb\xbfa=b", []string{"a", "b"}},
		{"\\\n a=b", []string{"a", "b"}},
		{"", nil}, {"\n\n", nil}, {"#", nil}, {"#\\\na=b", []string{"a", "b"}},
	} {
		got, err := ParseProperties([]byte(c.in))
		var flat []string
		for _, p := range got {
			flat = append(flat, p.Key, p.Value)
		}
		if err != nil || !reflect.DeepEqual(flat, c.want) {
			t.Errorf("%q: %q %v, want %q", c.in, flat, err, c.want)
		}
	}
	for _, bad := range []string{`a=\u12`, `a=\u12g4`, `\u=1`} {
		if _, err := ParseProperties([]byte(bad)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	got, _ := ParseProperties([]byte("# x\n\na=1\\\n2\nb=3"))
	if got[0].Line != 3 || got[1].Line != 5 {
		t.Errorf("lines %d and %d, want 3 and 5", got[0].Line, got[1].Line)
	}
}

// escape writes a key or value so that ParseProperties reads it back.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`, " ", `\ `, "=", `\=`, ":", `\:`, "#", `\#`, "!", `\!`).Replace(s)
}

func FuzzParseProperties(f *testing.F) {
	for _, s := range []string{"a=b", "a:b\\\n c", `a=\u0041`, "#x\r\n!y\na b", "\\", "\\u", "a\\\n\\\n=b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		check.Bounded(t)
		var pairs []Property
		var err error
		check.Cost(t, len(src), 4<<10, func() { pairs, err = ParseProperties(src) })
		if err != nil {
			return
		}
		total := 0
		var again strings.Builder
		for _, p := range pairs {
			total += len(p.Key) + len(p.Value)
			again.WriteString(escape(p.Key) + "=" + escape(p.Value) + "\n")
		}
		if total > len(src) {
			t.Fatalf("%d bytes out of %d", total, len(src))
		}
		back, err := ParseProperties([]byte(again.String()))
		if err != nil || len(back) != len(pairs) {
			t.Fatalf("%q: %d pairs, %d after a round trip (%v)", src, len(pairs), len(back), err)
		}
		for i := range back {
			if back[i].Key != pairs[i].Key || back[i].Value != pairs[i].Value {
				t.Fatalf("%v became %v", pairs[i], back[i])
			}
		}
	})
}
