// Command gen writes docs/configuration.md from the table of internal/config. Run it by go
// generate.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/internal/config"
)

func main() {
	out := filepath.Join("..", "..", "docs", "configuration.md")
	if err := os.WriteFile(out, render(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

const intro = `# Configuration

<!-- Written by go generate ./internal/config; edit the table there. -->

gregor reads Apache Kafka's server.properties (` + "`key=value`, `key:value` or `key value`" + `), the environment of Kafka's
official image (` + "`KAFKA_LOG_DIRS` for `log.dirs`; `_` is `.`, `__` is `_`, `___` is `-`" + `) and ` + "`--override key=value`" + `.
An override has precedence over the environment, and the environment over the file. As in Apache Kafka, the bytes of the file are ISO-8859-1 and
` + "`\\uXXXX`" + ` is an escape. Values may contain ` + "`${env:NAME}`, `${file:PATH:KEY}` and\n`${directory:PATH:NAME}`" + `.

Every key of Apache Kafka 4.4 is known. A key without effect is marked *no effect* with the reason. If it has a value other than
its default, the broker logs one warning. For an unknown key it logs one warning with the nearest known name; for embedded
brokers an unknown key is an error. The start refuses an invalid value.

*Update* is the scope in which a key can change while the node runs: *cluster-wide* keys for all brokers or for one,
*per-broker* keys for one, *read-only* keys by a restart. A change is in effect when it is answered, also for existing
topics and connections. Topic and group keys can change at any time.
`

func render() []byte {
	var b bytes.Buffer
	b.WriteString(intro)
	for _, s := range config.Sections() {
		fmt.Fprintf(&b, "\n## %s\n\n", s.Title)
		if s.Kind == config.BrokerKey {
			b.WriteString("| key | type | default | allowed | update | meaning |\n|---|---|---|---|---|---|\n")
		} else {
			b.WriteString("| key | type | default | allowed | broker key | meaning |\n|---|---|---|---|---|---|\n")
		}
		for i := range s.Keys {
			row(&b, s.Kind, &s.Keys[i])
		}
	}
	return b.Bytes()
}

func row(b *bytes.Buffer, kind config.Kind, d *config.Definition) {
	allowed := ""
	if d.Valid != nil {
		allowed = d.Valid.String()
	}
	fifth := d.Update.String()
	if kind != config.BrokerKey {
		fifth = ""
		if len(d.Synonyms) > 0 {
			fifth = "`" + d.Synonyms[0].Name + "`"
		}
	}
	meaning := d.Doc
	if d.NoEffect != "" {
		meaning += " *No effect: " + d.NoEffect + ".*"
	}
	cells := []string{"`" + d.Name + "`", strings.ToLower(d.Type.String()), defaultText(d), allowed, fifth, meaning}
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func defaultText(d *config.Definition) string {
	switch {
	case d.Required:
		return "derived"
	case d.Null:
		return "null"
	case d.Default == "":
		return "empty"
	}
	return "`" + d.Default + "`"
}
