package cli_test

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli"
	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

var rewrite = flag.Bool("rewrite", false, "write what the calls of testdata/script print into the scripts")

// TestScripts runs the transcripts of testdata/script, each against an in-memory broker of its own.
//
// A script is a list of calls, each with its input and its output, followed by files as in a txtar
// archive. The first letter of a line says what it is:
//
//	#  a comment
//	$  a call: a program and its arguments, with single quotes around blanks
//	<  a line of its standard input
//	>  a line of its standard output
//	!  a line of its standard error
//	?  its exit code, unless it is 0
//	%  a directive for the rest of the script, see (*transcript).directive
//
// $B is the broker's address, $C that of its listener CONTROLLER if it has one, and $D the folder
// of the files, also inside of the files. Ids of topics and timestamps are replaced by ID and TIME.
// `go test ./internal/cli -run TestScripts -rewrite` writes the outputs into the scripts.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			(&transcript{t: t, dir: t.TempDir()}).play(file)
		})
	}
}

// transcript is one script while it runs.
type transcript struct {
	t      *testing.T
	dir    string
	broker *gregor.Broker
	// addr is the broker's address, also after it has stopped.
	addr string
	// controller is the address of its controller listener; empty without one.
	controller string
	props      map[string]string
	// data is the broker's folder; empty for one in memory.
	data  string
	masks []*regexp.Regexp
	usage bool
	// members are the clients of % member.
	members []*kgo.Client
	// got is the script with the outputs of this run.
	got strings.Builder
}

func (s *transcript) play(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	calls, files := string(text), ""
	if at := strings.Index("\n"+calls, "\n-- "); at >= 0 {
		calls, files = calls[:at], calls[at:]
	}
	s.write(files)
	defer s.stop()
	lines := strings.Split(strings.TrimSuffix(calls, "\n"), "\n")
	for len(lines) > 0 {
		n := 1
		switch line := lines[0]; {
		case strings.HasPrefix(line, "%"):
			s.directive(strings.Fields(line[1:]))
			fallthrough
		case line == "" || line[0] == '#':
			s.got.WriteString(line + "\n")
		case line[0] == '$':
			for n < len(lines) && lines[n] != "" && strings.ContainsRune("<>!?", rune(lines[n][0])) {
				n++
			}
			s.call(line, lines[1:n])
		default:
			s.t.Fatalf("%s: cannot read the line %q", file, line)
		}
		lines = lines[n:]
	}
	if got := s.got.String() + files; *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// directive changes how the rest of the script runs:
//
//	% broker KEY=VALUE ...   starts the broker with these properties; without it the first call
//	                         starts one with the defaults
//	% disk                   as broker, with the data on disk
//	% damage FOLDER TEXT     changes a byte of a record's text in the log of a partition's folder
//	% lose FOLDER SEGMENT    stops the broker, removes the .log file of a segment, counted from 0,
//	                         in a partition's folder, and starts the broker again; without a
//	                         SEGMENT the whole folder goes
//	% stop                   stops the broker
//	% member GROUP TOPIC     starts a member of a group, which stays until the broker stops, and
//	                         waits for its partitions
//	% usage                  keeps the tables of options, which are left out otherwise
//	% mask REGEX             replaces the matches by MASKED in outputs
func (s *transcript) directive(words []string) {
	switch words[0] {
	case "broker":
		s.stop()
		s.props = client.ParsePairs(words[1:])
		s.start()
	case "disk":
		s.data = filepath.Join(s.dir, "data")
		s.start()
	case "damage":
		s.damage(filepath.Join(s.data, words[1], "00000000000000000000.log"), words[2])
	case "lose":
		s.lose(filepath.Join(s.data, words[1]), words[2:])
	case "stop":
		s.start()
		s.stop()
	case "member":
		s.member(words[1], words[2])
	case "usage":
		s.usage = true
	case "mask":
		s.masks = append(s.masks, regexp.MustCompile(strings.Join(words[1:], " ")))
	default:
		s.t.Fatalf("unknown directive %q", words)
	}
}

func (s *transcript) start() {
	if s.addr != "" {
		return
	}
	b, err := gregor.Start(s.t.Context(), gregor.Config{Dir: s.data, InMemory: s.data == "", Properties: s.props, ClusterID: base64.RawURLEncoding.EncodeToString([]byte("cli-test-cluster"))})
	if err != nil {
		s.t.Fatal(err)
	}
	s.broker, s.addr, s.controller = b, b.Addr(), b.BoundAddr("CONTROLLER")
}

func (s *transcript) stop() {
	for _, cl := range s.members {
		cl.Close()
	}
	s.members = nil
	if s.broker == nil {
		return
	}
	if err := s.broker.Shutdown(context.Background()); err != nil {
		s.t.Error(err)
	}
	s.broker = nil
}

// member joins a group. It reads nothing, so it commits nothing.
func (s *transcript) member(group, topic string) {
	s.start()
	assigned := make(chan struct{}, 1)
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.addr), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.ClientID("zoo"),
		kgo.InstanceID("keeper"), kgo.Balancers(kgo.RangeBalancer()), kgo.DisableAutoCommit(), kgo.MetadataMinAge(10*time.Millisecond),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { assigned <- struct{}{} }))
	if err != nil {
		s.t.Fatal(err)
	}
	s.members = append(s.members, cl)
	select {
	case <-assigned:
	case <-s.t.Context().Done():
	}
}

// damage changes the first byte of text in a file, as a bad disk would.
func (s *transcript) damage(file, text string) {
	b, err := os.ReadFile(file)
	at := strings.Index(string(b), text)
	if err != nil || at < 0 {
		s.t.Fatalf("%s holds no %s: %v", file, text, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt([]byte{b[at] ^ 1}, int64(at))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

// lose removes a segment, or a folder, while the broker is stopped, as a person would.
func (s *transcript) lose(folder string, segment []string) {
	s.stop()
	lost := folder
	if len(segment) > 0 {
		lost = s.segment(folder, segment[0])
	}
	if err := os.RemoveAll(lost); err != nil {
		s.t.Fatal(err)
	}
	s.addr = ""
	s.start()
}

// segment is the path of the .log file of a folder's segment, counted from 0.
func (s *transcript) segment(folder, number string) string {
	logs, _ := filepath.Glob(filepath.Join(folder, "*.log"))
	n, err := strconv.Atoi(number)
	if err != nil || n >= len(logs) {
		s.t.Fatalf("%s has %d segments: %v", folder, len(logs), err)
	}
	return logs[n]
}

// write creates the files of the archive.
func (s *transcript) write(archive string) {
	for _, part := range strings.Split("\n"+archive, "\n-- ")[1:] {
		name, content, _ := strings.Cut(part, " --\n")
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(strings.ReplaceAll(content, "$D", s.dir)+"\n"), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// callTime ends a call that hangs, so that the script shows which one it is.
const callTime = 15 * time.Second

// call runs one call and compares, or records, its output.
func (s *transcript) call(line string, lines []string) {
	s.start()
	var in, want strings.Builder
	for _, l := range lines {
		if l[0] == '<' {
			in.WriteString(escapes.Replace(strings.TrimPrefix(l[1:], " ")) + "\n")
		} else {
			want.WriteString(l + "\n")
		}
	}
	args := words(strings.TrimPrefix(line[1:], " "))
	for i, a := range args {
		args[i] = strings.NewReplacer("$B", s.addr, "$C", s.controller, "$D", s.dir).Replace(escapes.Replace(a))
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), callTime)
	defer cancel()
	out, errs, code := run(ctx, args, strings.NewReader(in.String()), map[string]string{client.BootstrapEnv: s.addr})
	if ctx.Err() != nil {
		s.t.Errorf("%s: the call did not end within %s", line, callTime)
	}
	got := s.lines(">", out) + s.lines("!", errs)
	if code != 0 {
		got += fmt.Sprintf("? %d\n", code)
	}
	if !*rewrite && got != want.String() {
		s.t.Errorf("%s\ngot\n%swant\n%s", line, got, want.String())
	}
	s.got.WriteString(line + "\n")
	for _, l := range lines {
		if l[0] == '<' {
			s.got.WriteString(l + "\n")
		}
	}
	s.got.WriteString(got)
}

// run calls the program in this process.
func run(ctx context.Context, args []string, in io.Reader, env map[string]string) (out, errs string, code int) {
	var o, e strings.Builder
	code = cli.Run(&tool.Env{Stdin: in, Stdout: &o, Stderr: &e, Context: ctx, Getenv: func(key string) string { return env[key] }}, args)
	return o.String(), e.String(), code
}

var (
	escapes = strings.NewReplacer(`\t`, "\t", `\n`, "\n")
	topicID = regexp.MustCompile(`TopicId: [A-Za-z0-9_-]{22}`)
	created = regexp.MustCompile(`(CreateTime|LogAppendTime):\d+`)
	// usageTable is the table of options below a message; the script usage checks it.
	usageTable = regexp.MustCompile(`(?s)\nOption  .*$`)
)

// lines writes an output with a letter before each line and without what differs between runs.
func (s *transcript) lines(mark, text string) string {
	if text == "" {
		return ""
	}
	if s.controller != "" {
		_, port, _ := net.SplitHostPort(s.controller)
		text = strings.NewReplacer(s.controller, "$C", port, "PORT").Replace(text)
	}
	text = strings.NewReplacer(s.addr, "$B", s.dir, "$D", "\t", `\t`).Replace(text)
	text = created.ReplaceAllString(topicID.ReplaceAllString(text, "TopicId: ID"), "$1:TIME")
	if !s.usage {
		text = usageTable.ReplaceAllString(text, "\n")
	}
	for _, m := range s.masks {
		text = m.ReplaceAllString(text, "MASKED")
	}
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		b.WriteString(strings.TrimRight(mark+" "+line, " ") + "\n")
	}
	return b.String()
}

// words splits a line at blanks; single quotes keep blanks together.
func words(s string) (w []string) {
	word, in, quoted := "", false, false
	for _, r := range s {
		switch {
		case r == '\'':
			quoted, in = !quoted, true
		case r == ' ' && !quoted:
			if in {
				w = append(w, word)
			}
			word, in = "", false
		default:
			word, in = word+string(r), true
		}
	}
	if in {
		w = append(w, word)
	}
	return w
}
