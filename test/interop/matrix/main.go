// Program matrix writes the table of client libraries into docs/compatibility.md from the results
// of test/interop/run.sh --record. With -check it changes nothing and fails when the table is not
// current.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/test/interop/result"
)

const (
	begin = "<!-- clients:begin -->"
	end   = "<!-- clients:end -->"
)

func main() {
	check := flag.Bool("check", false, "fail when the table is not current")
	doc := flag.String("doc", "docs/compatibility.md", "the document")
	results := flag.String("results", "test/interop/results", "folder of gregor.json and kafka.json")
	flag.Parse()
	if err := run(*doc, *results, *check); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

func run(doc, results string, check bool) error {
	ours, err := result.Load(results + "/gregor.json")
	if err != nil {
		return err
	}
	peer, err := result.Load(results + "/kafka.json")
	if err != nil {
		return err
	}
	old, err := os.ReadFile(doc)
	if os.IsNotExist(err) {
		old, err = []byte("# Compatibility\n\n"+begin+"\n"+end+"\n"), nil
	}
	if err != nil {
		return err
	}
	text, err := splice(old, section(ours, peer))
	if err != nil || bytes.Equal(text, old) {
		return err
	}
	if check {
		return fmt.Errorf("%s is not current: go run ./test/interop/matrix", doc)
	}
	return os.WriteFile(doc, text, 0o644)
}

// splice puts the section between the markers. It adds missing markers at the end.
func splice(doc, section []byte) ([]byte, error) {
	from, to := bytes.Index(doc, []byte(begin)), bytes.Index(doc, []byte(end))
	switch {
	case from < 0 && to < 0:
		return slices.Concat(doc, []byte("\n"+begin+"\n"), section, []byte(end+"\n")), nil
	case from < 0 || to < from:
		return nil, fmt.Errorf("the markers %s and %s do not come once each, in this order", begin, end)
	}
	return slices.Concat(doc[:from], []byte(begin+"\n"), section, doc[to:]), nil
}

// full maps short command-line names of clients to full names.
var full = map[string]string{"kafka-go": "segmentio/kafka-go", "sarama": "IBM/sarama", "kafkajs": "KafkaJS"}

func title(c result.Client) string {
	if strings.HasPrefix(c.Name, "java-") {
		return "kafka-clients (Java)"
	}
	if n := full[c.Name]; n != "" {
		return n
	}
	return c.Name
}

func section(ours, peer result.Run) []byte {
	var b bytes.Buffer
	b.WriteString("\n## Client libraries\n\nEach client runs one scenario: topics of three partitions; records with and without key, empty and null values, a value beyond one\nlz4 block, read back byte for byte with each codec of the client; three members of a group, each partition with one owner;\none member killed with kill -9 under load without a lost record; commit and resume; reset; reading from a timestamp on; several\nidempotent batches per partition. `bash test/interop/run.sh --record` repeats it and writes this table.\n\n| client | version |")
	for _, h := range result.Steps {
		fmt.Fprintf(&b, " %s |", h.Heading)
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(result.Steps)) + "\n")
	var lacking, failed []string
	for _, c := range ours.Clients {
		fmt.Fprintf(&b, "| %s | %s |", title(c), c.Version)
		for _, h := range result.Steps {
			s, ok := c.Step(h.Name)
			switch {
			case !ok:
				b.WriteString(" ? |")
			case s.Outcome == result.Passed:
				b.WriteString(" ✓ |")
			case s.Outcome == result.Lacking:
				b.WriteString(" – |")
				lacking = append(lacking, fmt.Sprintf("%s %s: %s", title(c), c.Version, s.Detail))
			default:
				b.WriteString(" ✗ |")
				failed = append(failed, fmt.Sprintf("%s %s, %s: %s", title(c), c.Version, h.Heading, s.Detail))
			}
		}
		b.WriteString("\n")
	}
	list(&b, "A dash means that the client does not have the feature.", lacking)
	list(&b, "Failures:", failed)
	list(&b, "On "+peer.Against+" the same scenario had other results here:", differences(ours, peer))
	return b.Bytes()
}

func list(b *bytes.Buffer, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n\n", heading)
	for _, l := range lines {
		fmt.Fprintf(b, "- %s\n", l)
	}
}

// differences lists the steps with another outcome on the peer.
func differences(ours, peer result.Run) (out []string) {
	for _, p := range peer.Clients {
		for _, o := range ours.Clients {
			if o.Name != p.Name {
				continue
			}
			for _, s := range p.Steps {
				if mine, _ := o.Step(s.Name); mine.Outcome != s.Outcome {
					out = append(out, fmt.Sprintf("%s %s, %s: %s, on gregor %s", title(o), o.Version, s.Name, s.Outcome, mine.Outcome))
				}
			}
		}
	}
	return out
}
