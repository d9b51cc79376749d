package protocol_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
	"github.com/gregorhq/gregor/internal/protocol/controlrecord"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/logrecord"
	"github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/raftrecord"
	"github.com/gregorhq/gregor/internal/protocol/remotelogrecord"
	"github.com/gregorhq/gregor/internal/protocol/sharerecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
)

// messageFact is one line of testdata/schemas-4.4.0.jsonl.gz: one version of one message, as Kafka's own classes describe it.
type messageFact struct {
	Message       string      `json:"message"`
	APIKey        int16       `json:"apiKey"`
	Version       int16       `json:"version"`
	Lowest        int16       `json:"lowest"`
	Highest       int16       `json:"highest"`
	StableHighest *int16      `json:"stableHighest"`
	ClusterAction *bool       `json:"clusterAction"`
	HeaderVersion *int16      `json:"headerVersion"`
	Defaults      string      `json:"defaults"`
	Fields        []fieldFact `json:"fields"`
}

type fieldFact struct {
	Name     string               `json:"name"`
	Type     string               `json:"type"`
	Nullable bool                 `json:"nullable"`
	Of       *fieldFact           `json:"of"`
	Fields   []fieldFact          `json:"fields"`
	Tags     map[string]fieldFact `json:"tags"`
}

// classFact is one line of testdata/nested-4.4.0.jsonl.gz: the defaults of a struct, and in which versions its struct fields may be
// null.
type classFact struct {
	Class    string             `json:"class"`
	Defaults string             `json:"defaults"`
	Structs  map[string][]int16 `json:"structs"`
}

func readFacts[T any](t testing.TB, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var facts []T
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var fact T
		if err := json.Unmarshal(lines.Bytes(), &fact); err != nil {
			t.Fatal(err)
		}
		facts = append(facts, fact)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return facts
}

func messageFacts(t testing.TB) []messageFact {
	facts := readFacts[messageFact](t, "testdata/schemas-4.4.0.jsonl.gz")
	if len(facts) != 744 {
		t.Fatalf("%d facts about messages, 744 expected", len(facts))
	}
	return facts
}

// classTable finds the class of a Go struct.
type classTable map[string]classFact // keyed by Outer$Inner in lower case, without the Data of requests and responses

func classFacts(t testing.TB) classTable {
	m := classTable{}
	for _, c := range readFacts[classFact](t, "testdata/nested-4.4.0.jsonl.gz") {
		name := c.Class[strings.LastIndex(c.Class, ".")+1:]
		outer, inner, nested := strings.Cut(name, "$")
		if !strings.HasSuffix(outer, "HeaderData") {
			outer = strings.TrimSuffix(outer, "Data")
		}
		if nested {
			inner = "$" + inner
		}
		m[strings.ToLower(outer+inner)] = c
	}
	return m
}

// find looks for the class of a struct inside a message. The Go name is the message's name and the class's, of which words that
// repeat the message's name were dropped.
func (m classTable) find(message, typ string) (classFact, bool) {
	message, typ = strings.ToLower(message), strings.ToLower(typ)
	if c, ok := m[typ]; ok {
		return c, true
	}
	short := strings.TrimPrefix(typ, message)
	if c, ok := m[message+"$"+short]; ok {
		return c, true
	}
	var found []classFact
	for name, c := range m {
		words, ok := strings.CutSuffix(strings.TrimPrefix(name, message+"$"), short)
		if ok && strings.HasPrefix(message, words) {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		return classFact{}, false
	}
	return found[0], true
}

// allMessages gives one of each message of all packages.
func allMessages() []protocol.Message {
	var all []protocol.Message
	for _, list := range [][]protocol.Message{
		protocol.All(), metadatarecord.All(), grouprecord.All(), txnrecord.All(), sharerecord.All(), remotelogrecord.All(),
		raftrecord.All(), logrecord.All(), clientrecord.All(), controlrecord.All(),
	} {
		all = append(all, list...)
	}
	return all
}

func messagesByName() map[string]protocol.Message {
	m := map[string]protocol.Message{}
	for _, msg := range allMessages() {
		m[msg.MessageName()] = msg
	}
	return m
}

// fresh makes another message of the same type, with defaults.
func fresh(m protocol.Message) protocol.Message {
	n := reflect.New(reflect.TypeOf(m).Elem()).Interface().(protocol.Message)
	n.SetDefaults()
	return n
}

// goField is a struct field and what its tag says; the parser here is written apart from the generator's on purpose.
type goField struct {
	reflect.StructField
	low, high         int16
	nullLow, nullHigh int16
	tag               int
}

func versionRange(s string) (low, high int16) {
	a, b, dash := strings.Cut(strings.TrimSuffix(s, "+"), "-")
	l, _ := strconv.Atoi(a)
	h := l
	if dash {
		h, _ = strconv.Atoi(b)
	}
	if strings.HasSuffix(s, "+") {
		h = 32767
	}
	return int16(l), int16(h)
}

func goFields(t reflect.Type) []goField {
	var fs []goField
	for i := range t.NumField() {
		f := goField{StructField: t.Field(i), nullLow: 1, nullHigh: 0, tag: -1}
		if f.Name == "_" {
			continue
		}
		for j, opt := range strings.Split(f.Tag.Get("kafka"), ",") {
			k, v, _ := strings.Cut(opt, "=")
			switch {
			case j == 0:
				f.low, f.high = versionRange(opt)
			case k == "nullable":
				f.nullLow, f.nullHigh = versionRange(v)
			case k == "tag":
				f.tag, _ = strconv.Atoi(v)
			}
		}
		fs = append(fs, f)
	}
	return fs
}

// sameName compares client_id, clientId and ClientID.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", ""), strings.ReplaceAll(b, "_", ""))
}
