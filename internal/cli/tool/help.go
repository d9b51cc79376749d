package tool

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Columns of the help of gregor's own form.
const (
	helpWidth = 100
	helpLeft  = 32
)

// help prints a verb: its summary, its usage, its examples, and its own options. describe finds an
// option by name.
func (e *Env) help(describe func(name string) (opt.Description, bool)) {
	v := e.Verb
	e.Print("%s\n\nUsage: %s\n\nExamples:\n", v.Summary, v.Usage(e.Name))
	for _, x := range v.Examples {
		e.Print("  gregor %s\n", x)
	}
	head := "\nOptions:\n"
	for _, name := range append(append([]string{}, v.Options...), clusterOptions...) {
		d, ok := describe(name)
		if !ok {
			continue
		}
		if name == "bootstrap-server" {
			d.Text = "The cluster, HOST:PORT[,HOST:PORT...] (default: $GREGOR_BOOTSTRAP or localhost:9092)"
		}
		e.Print("%s", head) // no head where there are no options
		head = ""
		e.option(d)
	}
}

// qualified is the name of a Java class with its package. The options take the name without it.
var qualified = regexp.MustCompile(`\b(?:[a-z]+\.){2,}([A-Z]\w*)`)

// option prints one option; the text begins on the next line where the title is long.
func (e *Env) option(d opt.Description) {
	title := "  --" + d.Name
	if d.Arg != "" {
		title += " " + d.Arg
	}
	text := qualified.ReplaceAllString(strings.TrimPrefix(d.Text, "REQUIRED: "), "$1")
	lines := opt.Wrap(text, helpWidth-helpLeft)
	if len(title) >= helpLeft {
		fmt.Fprintln(e.Stdout, title)
		title = ""
	}
	for _, l := range lines {
		fmt.Fprintln(e.Stdout, strings.TrimRight(fmt.Sprintf("%-*s%s", helpLeft, title, l), " "))
		title = ""
	}
}
