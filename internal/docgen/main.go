// Command docgen writes docs/metrics.md (every series of /metrics), docs/compatibility.md and
// internal/cli/licences.txt (the licences of the modules in the binary) from the code. For
// docs/compatibility.md it starts a broker and asks it for the served APIs and versions, reads
// deviations from Apache Kafka in the handlers' header comments, and lists the configuration keys
// without effect and the tools. It keeps the part between the clients markers, which test/interop
// writes.
//
//	go run ./internal/docgen          # from the repository's root, or by go generate
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/protocol"
)

func main() {
	root := flag.String("root", ".", "the repository")
	check := flag.Bool("check", false, "fail when the file is not current, and write nothing")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	path := filepath.Join(root, "docs", "compatibility.md")
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	var b strings.Builder
	b.WriteString(intro)
	served, err := servedAPIs()
	if err != nil {
		return err
	}
	writeAPIs(&b, served)
	if err := writeDeviations(&b, filepath.Join(root, "internal", "handlers")); err != nil {
		return err
	}
	b.WriteString(clients(old))
	writeTools(&b)
	writeConfigs(&b)
	texts, err := licences(root)
	if err != nil {
		return err
	}
	return errors.Join(put(filepath.Join(root, "internal", "cli", "licences.txt"), texts, check), put(path, b.String(), check), put(filepath.Join(root, "docs", "metrics.md"), metricsPage(), check))
}

// put writes text to a file. With check it only reports a difference.
func put(path, text string, check bool) error {
	old, err := os.ReadFile(path)
	switch {
	case err != nil && !os.IsNotExist(err):
		return err
	case err == nil && text == string(old):
		return nil
	case check:
		return fmt.Errorf("%s is not current: run go generate ./...", path)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

const intro = `# Compatibility with Apache Kafka 4.4

Made from the code by ` + "`go generate ./...`" + ` (internal/docgen); the table of clients by ` + "`bash test/interop/run.sh`" + `. Do not edit.

## APIs

An API that is not served is not advertised, and a request for it closes the connection, as Apache Kafka does.

`

// servedAPIs asks a broker for the APIs that it serves.
func servedAPIs() (map[int16]protocol.APIVersionsResponseAPIVersion, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	b, err := gregor.Start(ctx, gregor.Config{InMemory: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.Shutdown(ctx) }()
	c, err := net.Dial("tcp", b.Addr())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write([]byte{0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff}); err != nil {
		return nil, err
	}
	head := make([]byte, 8)
	if _, err := readFull(c, head); err != nil {
		return nil, err
	}
	body := make([]byte, int(head[2])<<8+int(head[3])-4)
	if _, err := readFull(c, body); err != nil {
		return nil, err
	}
	var resp protocol.APIVersionsResponse
	if err := resp.Decode(body, 0); err != nil {
		return nil, err
	}
	out := map[int16]protocol.APIVersionsResponseAPIVersion{}
	for _, a := range resp.APIKeys {
		out[a.APIKey] = a
	}
	return out, nil
}

func readFull(c net.Conn, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = c.Read(b[n:])
		n += m
	}
	return n, err
}

func writeAPIs(b *strings.Builder, served map[int16]protocol.APIVersionsResponseAPIVersion) {
	b.WriteString("| key | API | Apache Kafka 4.4 | gregor |\n|---|---|---|---|\n")
	n := 0
	for _, a := range protocol.APIs() {
		have := "not yet"
		if s, ok := served[a.Key]; ok {
			n++
			from := s.MinVersion
			if a.Key == protocol.KeyProduce {
				from = a.MinVersion // ApiVersions and the served versions differ
			}
			have = span(from, s.MaxVersion)
			if from < a.MinVersion {
				have += " (older clients are served too)"
			}
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s |\n", a.Key, a.Name, span(a.MinVersion, a.MaxStable), have)
	}
	fmt.Fprintf(b, "\n%d APIs are served. ApiVersions lists Produce 0–13, as Apache Kafka does (KAFKA-18659), but 0–2 are not served. Apache Kafka 4.4 serves the\nversions with which kafka-clients 1.1.1 produces, consumes and creates topics.\n", n)
}

func span(from, to int16) string {
	if from == to {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%d–%d", from, to)
}

// writeDeviations collects the paragraphs of the handlers' header comments that begin with
// "Deviation".
func writeDeviations(b *strings.Builder, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	b.WriteString("\n## APIs with different answers\n\n" +
		"A request whose elements need more memory than 8 times its bytes plus 256 KiB is malformed, for example an OffsetFetch of 50,000\n" +
		"groups with names of 3 bytes. gregor closes its connection. Apache Kafka answers it.\n" +
		"A tagged field that a later version of the message has is ignored. Apache Kafka closes the connection.\n\n| API | deviation |\n|---|---|\n")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		api, deviation := headerOf(text)
		if deviation == "" && bytes.Contains(text, []byte("Deviation")) {
			return fmt.Errorf("%s: no paragraph of the header begins with \"Deviation:\" or \"Deviations:\"", f)
		}
		if deviation != "" {
			fmt.Fprintf(b, "| %s | %s |\n", api, deviation)
		}
	}
	return nil
}

// headerOf reads the first comment block. Its first word is the API, and the text after
// "Deviation:" or "Deviations:" is the deviation. It may have a list.
func headerOf(text []byte) (api, deviation string) {
	var words []string
	taking := false
	for line := range bytes.Lines(text) {
		l := strings.TrimSpace(string(line))
		if !strings.HasPrefix(l, "//") {
			if api != "" {
				break
			}
			continue
		}
		l = strings.TrimSpace(strings.TrimPrefix(l, "//"))
		if api == "" {
			api = strings.Fields(l + " ")[0]
		}
		for _, mark := range []string{"Deviations:", "Deviation:"} {
			if rest, ok := strings.CutPrefix(l, mark); ok {
				taking, l = true, strings.TrimSpace(rest)
			}
		}
		if item, ok := strings.CutPrefix(l, "- "); ok {
			l = "<br>• " + item
		}
		if taking {
			words = append(words, l)
		}
	}
	return api, strings.TrimPrefix(strings.TrimSpace(strings.Join(words, " ")), "<br>")
}

const (
	clientsBegin = "<!-- clients:begin -->"
	clientsEnd   = "<!-- clients:end -->"
)

// clients returns the part of the old page that test/interop wrote.
func clients(old []byte) string {
	kept := "\nNot run yet.\n"
	if _, after, ok := strings.Cut(string(old), clientsBegin); ok {
		if in, _, ok := strings.Cut(after, clientsEnd); ok {
			kept = in
		}
	}
	return "\n## Clients\n\n" + clientsBegin + kept + clientsEnd + "\n"
}

func writeTools(b *strings.Builder) {
	b.WriteString("\n## Tools\n\nUnder Kafka's names as `gregor NAME`, or by a link of that name (`gregor shims install DIR`).\n\n| tool | what it does |\n|---|---|\n")
	for _, t := range cli.Tools() {
		fmt.Fprintf(b, "| `%s` | %s |\n", t.Name, t.Summary)
	}
}

func writeConfigs(b *strings.Builder) {
	b.WriteString("\n## Configuration\n\nEvery key of Apache Kafka 4.4 is known; [configuration.md](configuration.md) lists them all. The keys below are accepted but have no effect yet. A broker logs one warning when one of them has a value other than its default, in its file or at run time.\n\n")
	kinds := []string{"broker", "topic", "group"}
	for kind, name := range kinds {
		total, without := 0, 0
		why := map[string][]string{}
		var reasons []string
		for _, d := range config.Definitions(config.Kind(kind)) {
			total++
			if d.NoEffect == "" {
				continue
			}
			without++
			if why[d.NoEffect] == nil {
				reasons = append(reasons, d.NoEffect)
			}
			why[d.NoEffect] = append(why[d.NoEffect], "`"+d.Name+"`")
		}
		fmt.Fprintf(b, "### %s keys (%d of %d)\n\n", strings.ToUpper(name[:1])+name[1:], without, total)
		for _, r := range reasons {
			fmt.Fprintf(b, "- %s: %s\n", r, strings.Join(why[r], ", "))
		}
		b.WriteString("\n")
	}
}
