package protocol_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
)

// messageFact is one line of testdata/schemas-4.4.0.jsonl.gz: one version of one message, as
// Kafka's own classes describe it.
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

// classFact is one line of testdata/nested-4.4.0.jsonl.gz: the defaults of a struct, and the
// versions in which its struct fields may be null.
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

// classTable finds the class of a Go struct. Its key is Outer$Inner in lower case, without the Data
// at the end of the names of requests and responses.
type classTable map[string]classFact

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

// find looks for the class of a struct inside a message. The Go name consists of the message's name
// and the class's name, without words that repeat the message's name.
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

func messagesByName() map[string]protocol.Message {
	m := map[string]protocol.Message{}
	for _, msg := range protocoltest.All() {
		m[msg.MessageName()] = msg
	}
	return m
}

// sameName compares client_id, clientId and ClientID.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", ""), strings.ReplaceAll(b, "_", ""))
}
