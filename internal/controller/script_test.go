package controller

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected output in testdata")

// A script is blocks of a command and its expected output, separated by a line of dashes:
//
//	register id=1 rack=a
//	----
//	NONE epoch=7
//	  RegisterBrokerRecord ...
//
// Commands are the methods of command below; # begins a comment. Topic ids are shown as the topic's
// name.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(t, string(data))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(data) {
				t.Errorf("%s differs; run with -rewrite and look at the difference. Got:\n%s", file, got)
			}
		})
	}
}

type script struct {
	t    *testing.T
	core *Core
	// peer, when set, is the controller that answers instead of core.
	peer      *peer
	clusterID string
	image     *metadata.Image
	now       time.Duration
	rand      *rand.Rand
}

func newScript(t *testing.T) *script {
	s := &script{t: t, clusterID: "c", image: metadata.Empty(), rand: rand.New(rand.NewPCG(1, 2))}
	s.core = New(Config{Broker: config.Default(), ClusterID: "c", SessionTimeout: 9 * time.Second, BalanceInterval: 300 * time.Second, UncleanInterval: 300 * time.Second})
	return s
}

func runScript(t *testing.T, text string) string { return newScript(t).runText(text) }

func (s *script) runText(text string) string {
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		command, _, _ := strings.Cut(block, "\n----")
		out.WriteString(command)
		if line := strings.TrimSpace(lastLine(command)); line != "" && !strings.HasPrefix(line, "#") {
			fmt.Fprintf(&out, "\n----\n%s", strings.TrimSpace(s.run(line)))
		}
		out.WriteString("\n\n")
	}
	return strings.TrimSpace(out.String()) + "\n"
}

func lastLine(s string) string {
	return s[strings.LastIndexByte(s, '\n')+1:]
}

type args map[string]string

func (a args) int(key string, otherwise int) int {
	if v, ok := a[key]; ok {
		n, err := strconv.Atoi(v)
		if err != nil {
			panic(err)
		}
		return n
	}
	return otherwise
}

func (a args) ints(key string) []int32 {
	var out []int32
	for v := range strings.SplitSeq(a[key], ",") {
		if n, err := strconv.Atoi(v); err == nil {
			out = append(out, int32(n))
		}
	}
	return out
}

func (s *script) run(line string) string {
	name, a := parseLine(line)
	records, answer := s.command(name, a)
	names := map[wire.UUID]string{}
	for t := range s.image.Topics().All() {
		names[t.ID] = t.Name
	}
	var b strings.Builder
	b.WriteString(answer)
	for _, r := range records {
		if t, ok := r.(*mr.TopicRecord); ok {
			names[t.TopicID] = t.Name
		}
		b.WriteString("\n  " + show(r, names))
	}
	s.replay(records)
	if err := Verify(s.image, records); err != nil {
		s.t.Error(err)
	}
	return b.String()
}

// ask sends a request of a declared API and returns the records of the decision with its response.
func ask[Q, R protocol.Message](s *script, api *API[Q, R], version int16, req Q) (records []Record, resp R) {
	if s.peer != nil {
		resp = protocol.NewResponse(req.APIKey()).(R)
		return s.peer.decide(req, version, resp), resp
	}
	cmd := NewCommand(Request{Version: version, Principal: "User:ANONYMOUS"}, req, func(m protocol.Message) { resp = m.(R) })
	records = cmd.Decide(s.core, s.env())
	cmd.Finish(protocol.ErrNone)
	return records, resp
}

// parseLine splits a line into the command and its arguments. A quoted value may hold blanks.
func parseLine(line string) (name string, a args) {
	name, rest, _ := strings.Cut(line, " ")
	a = args{}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		end := strings.IndexAny(rest, " =")
		if end < 0 || rest[end] == ' ' {
			word, after, _ := strings.Cut(rest, " ")
			a[word], rest = "", after
			continue
		}
		key, value := rest[:end], rest[end+1:]
		if quoted, err := strconv.QuotedPrefix(value); err == nil {
			a[key], _ = strconv.Unquote(quoted)
			rest = value[len(quoted):]
			continue
		}
		a[key], rest, _ = strings.Cut(value, " ")
	}
	return name, a
}

func (s *script) replay(records []Record) {
	if len(records) == 0 {
		return
	}
	d := metadata.NewDelta(s.image)
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			s.t.Fatal(err)
		}
	}
	var err error
	last := s.image.Offset() + int64(len(records))
	if s.peer != nil {
		last = s.peer.next - 1
	}
	if s.image, err = d.Apply(last, 1); err != nil {
		s.t.Fatal(err)
	}
}

// show is a record without its defaults and without the fields that only repeat the request. Ids of
// topics are shown as names.
func show(r Record, names map[wire.UUID]string) string {
	switch m := r.(type) {
	case *mr.TopicRecord:
		return "TopicRecord " + m.Name
	case *mr.RegisterBrokerRecord:
		short := *m
		short.Features, short.EndPoints, short.LogDirs, short.IncarnationID = nil, nil, nil, wire.UUID{}
		r = &short
	case *mr.PartitionRecord:
		short := *m
		short.Directories = nil
		r = &short
	}
	fresh := mr.New(r.APIKey())
	fresh.SetDefaults()
	fields, defaults := jsonFields(r), jsonFields(fresh)
	var parts []string
	for i, f := range fields {
		switch {
		case f.name == "TopicID":
			var id wire.UUID
			if json.Unmarshal([]byte(f.text), &id) == nil {
				parts = append(parts, f.name+"="+names[id])
			}
		case f.text != defaults[i].text:
			parts = append(parts, f.name+"="+f.text)
		}
	}
	return r.MessageName() + " " + strings.Join(parts, " ")
}

type field struct{ name, text string }

// jsonFields are a struct's fields in order, each as JSON.
func jsonFields(v any) []field {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	if _, err := dec.Token(); err != nil {
		panic(err)
	}
	var out []field
	for dec.More() {
		name, _ := dec.Token()
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			panic(err)
		}
		out = append(out, field{fmt.Sprint(name), string(raw)})
	}
	return out
}

func (s *script) env() Env {
	return Env{Image: s.image, Awake: s.now, NextOffset: s.image.Offset() + 1, Rand: s.rand, OnlyVoter: true}
}

func errorText(code int16, text *string) string {
	out := protocol.Error(code).Name()
	if text != nil && *text != "" {
		out += ": " + *text
	}
	return out
}

// directories are the ids of n log directories of a broker.
func directories(broker, n int) (out []wire.UUID) {
	for i := range n {
		out = append(out, wire.UUID{0: byte(broker), 15: byte(200 + i)})
	}
	return out
}

func supportedFeatures() []protocol.BrokerRegistrationRequestFeature {
	var out []protocol.BrokerRegistrationRequestFeature
	for _, f := range metadata.SupportedFeatures() {
		out = append(out, protocol.BrokerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return out
}
