package opt

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// The usage is two columns in 80, as jopt-simple prints it.
const (
	usageWidth  = 80
	usageGap    = 2
	usageIndent = 2
)

// PrintUsage writes the table of options, sorted by name.
func (p *Parser) PrintUsage(w io.Writer) {
	rows := [][2]string{{"Option", "Description"}, {"------", "-----------"}}
	specs := slices.Clone(p.specs)
	slices.SortFunc(specs, func(a, b *Spec) int { return strings.Compare(a.title(), b.title()) })
	for _, s := range specs {
		if !s.Hidden {
			rows = append(rows, [2]string{s.title(), s.text()})
		}
	}
	left := 0
	for _, r := range rows {
		left = max(left, len(r[0]))
	}
	left = min(left, (usageWidth-usageGap)/2)
	right := usageWidth - left - usageGap
	for _, r := range rows {
		a, b := Wrap(r[0], left), Wrap(r[1], right)
		for i := range max(len(a), len(b)) {
			fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-*s%s%s", left, at(a, i), strings.Repeat(" ", usageGap), at(b, i)), " "))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// title is the option with its argument.
func (s *Spec) title() string {
	t := "--" + s.Name
	if s.Kind == None {
		return t
	}
	arg := s.Kind.String()
	if s.Arg != "" {
		arg += ": " + s.Arg
	}
	if s.Optional {
		return t + " [" + arg + "]"
	}
	return t + " <" + arg + ">"
}

func (s *Spec) text() string {
	if !s.hasFallback {
		return s.Desc
	}
	return s.Desc + " (default: " + s.Fallback + ")"
}

// Wrap breaks each line of text at blanks to a width. Continuation lines are indented.
func Wrap(text string, width int) (lines []string) {
	for _, paragraph := range strings.Split(text, "\n") {
		lines = append(lines, wrapWords(strings.Fields(paragraph), width, strings.Repeat(" ", usageIndent))...)
	}
	return lines
}
