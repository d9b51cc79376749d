package properties

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
)

func TestParse(t *testing.T) {
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
		{`a=\ud83dx\ude00`, []string{"a", "?x?"}},
		{"a=1\na=2", []string{"a", "1", "a", "2"}},
		{"\xef\xbb\xbfa=b", []string{"a", "b"}},
		{"\\\n a=b", []string{"a", "b"}},
		{"", nil}, {"\n\n", nil}, {"#", nil}, {"#\\\na=b", []string{"a", "b"}},
	} {
		got, err := Parse([]byte(c.in))
		var flat []string
		for _, p := range got {
			flat = append(flat, p.Key, p.Value)
		}
		if err != nil || !reflect.DeepEqual(flat, c.want) {
			t.Errorf("%q: %q %v, want %q", c.in, flat, err, c.want)
		}
	}
	for _, bad := range []string{`a=\u12`, `a=\u12g4`, `\u=1`} {
		if _, err := Parse([]byte(bad)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	got, _ := Parse([]byte("# x\n\na=1\\\n2\nb=3"))
	if got[0].Line != 3 || got[1].Line != 5 {
		t.Errorf("lines %d and %d, want 3 and 5", got[0].Line, got[1].Line)
	}
}

// Java writes the pairs of TestAppendWritesWhatJavaWrites like this (OpenJDK 17, Properties.store).
func TestAppendWritesWhatJavaWrites(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"cluster.id", "4L6g3nShT-eMCtK--X86sw", "cluster.id=4L6g3nShT-eMCtK--X86sw\n"},
		{"cluster.id", "prod:eu=1", "cluster.id=prod\\:eu\\=1\n"},
		{"cluster.id", "id\n", "cluster.id=id\\n\n"},
		{"a b", "  c d ", "a\\ b=\\  c d \n"},
		{"k", "#!\\\t\r\f", "k=\\#\\!\\\\\\t\\r\\f\n"},
		{"k", "é\x00😀\x7f", "k=\\u00E9\\u0000\\uD83D\\uDE00\\u007F\n"},
	} {
		got := Append(nil, c.key, c.value)
		if string(got) != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		back, err := Parse(got)
		if err != nil || len(back) != 1 || back[0].Key != c.key || back[0].Value != c.value {
			t.Errorf("%q reads as %v, %v", got, back, err)
		}
	}
}

func TestParseDecodesLatin1(t *testing.T) {
	src := []byte("rack=Z\xfcrich\nk\xe9=\xff\xc3\xbc")
	got, err := Parse(src)
	if err != nil || len(got) != 2 || got[0].Value != "Zürich" || got[1].Key != "ké" || got[1].Value != "ÿÃ¼" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := ParseUTF8(src); err == nil {
		t.Error("bytes that are not UTF-8 are accepted")
	}
	if got, err := ParseUTF8([]byte("rack=Zürich")); err != nil || got[0].Value != "Zürich" {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a=b", "a:b\\\n c", `a=\u0041`, "#x\r\n!y\na b", "\\", "\\u", "a\\\n\\\n=b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		testkit.Bounded(t)
		var pairs []Property
		var err error
		// A line of two bytes becomes a Property of 40, in a slice that grows by copies.
		testkit.Cost(t, 5*len(src), 4<<10, func() { pairs, err = Parse(src) })
		if err != nil {
			return
		}
		total := 0
		var again []byte
		for _, p := range pairs {
			total += len(p.Key) + len(p.Value)
			again = Append(again, p.Key, p.Value)
		}
		if total > 2*len(src) { // a byte of ISO-8859-1 is two of UTF-8 at most
			t.Fatalf("%d bytes out of %d", total, len(src))
		}
		back, err := Parse(again)
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
