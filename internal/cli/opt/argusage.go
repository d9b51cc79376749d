package opt

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// argWidth is the width of argparse4j's text.
const argWidth = 75

func (a *Arg) short() string {
	if a.Metavar == "" {
		return a.Names[0]
	}
	if a.Plus {
		return a.Names[0] + " " + a.Metavar + " [" + a.Metavar + " ...]"
	}
	return a.Names[0] + " " + a.Metavar
}

// usage is the line above an error.
func (p *ArgParser) usage(root string) string {
	head := "usage: " + root
	if p.Name != "" {
		head += " " + p.Name
	}
	parts := []string{"[-h]"}
	for _, a := range p.args {
		switch {
		case slices.Contains(p.Either, a) || a.Hidden:
		case a.Required:
			parts = append(parts, a.short())
		default:
			parts = append(parts, "["+a.short()+"]")
		}
	}
	if len(p.Either) > 0 {
		var group []string
		for _, a := range p.Either {
			group = append(group, a.short())
		}
		text := strings.Join(group, " | ")
		if p.EitherRequired {
			parts = append(parts, "("+text+")")
		} else {
			parts = append(parts, "["+text+"]")
		}
	}
	if len(p.Commands) > 0 {
		var names []string
		for _, c := range p.Commands {
			names = append(names, c.Name)
		}
		parts = append(parts, "{"+strings.Join(names, ",")+"}", "...")
	}
	return fill(head, parts, strings.Repeat(" ", len("usage: "+root+" ")))
}

// fill appends parts to head in lines of argWidth; further lines begin with indent.
func fill(head string, parts []string, indent string) string {
	var b strings.Builder
	line := head
	for _, part := range parts {
		if len(line)+1+len(part) > argWidth && line != indent {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent + part
			continue
		}
		line += " " + part
	}
	return b.String() + line + "\n"
}

func (p *ArgParser) help(w io.Writer, root string) {
	fmt.Fprint(w, p.usage(root))
	if p.About != "" {
		fmt.Fprintf(w, "\n%s\n", p.About)
	}
	const column = 25
	row := func(title, text string) {
		lines := wrapWords(strings.Fields(text), argWidth-column, "")
		if len(title)+2 >= column-1 {
			fmt.Fprintf(w, "  %s\n", title)
			title = ""
		}
		for i, l := range lines {
			if i > 0 {
				title = ""
			}
			fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-*s%s", column-2, title, l), " "))
		}
	}
	if len(p.Commands) > 0 {
		fmt.Fprintln(w, "\npositional arguments:")
		for _, c := range p.Commands {
			row("  "+c.Name, c.Help)
		}
	}
	fmt.Fprintln(w, "\noptional arguments:")
	row("-h, --help", "show this help message and exit")
	for _, a := range p.args {
		if a.Hidden {
			continue
		}
		var names []string
		for _, n := range a.Names {
			if a.Metavar != "" {
				n += " " + a.Metavar
			}
			names = append(names, n)
		}
		row(strings.Join(names, ", "), a.Help)
	}
}

// wrapWords fills lines with words; indent begins each further line. The result has one line at
// least.
func wrapWords(words []string, width int, indent string) (lines []string) {
	line := ""
	for _, word := range words {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = indent + word
		}
	}
	return append(lines, line)
}
