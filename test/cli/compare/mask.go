package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	topicID   = regexp.MustCompile(`TopicId: [A-Za-z0-9_-]{22}`)
	trace     = regexp.MustCompile(`^(Caused by: .*|\tat .*|\t\.\.\. \d+ more|\tSuppressed: .*)$`)
	exception = regexp.MustCompile(`^(?:Exception in thread "[^"]*" )?(?:[a-zA-Z0-9]+\.)+[A-Za-z$]*(?:Exception|Error)(?:: (.*))?$`)
	notice    = regexp.MustCompile(`^(The consumer rebalance protocol \(KIP-848\) is production-ready.*|(Warning: |Option )--[a-z.-]+ (is|has been) deprecated and will be removed.*)$`)
	option    = regexp.MustCompile(`^(-[^ ,]+)`)
	blanks    = regexp.MustCompile(`\s+`)
	logLine   = regexp.MustCompile(`^\[?\d{4}-\d\d-\d\d.*(ERROR|WARN|INFO)`)
)

// mask removes the parts that cannot be equal: names of the side, ids, Java's stack traces, and the
// wording of the usage, except the names of the options. It also removes notices that one side
// prints: KIP-848's advertisement, and the warnings about old names of options, which Kafka's tools
// write to stdout, among the data, and gregor to stderr.
func (s *side) mask(c *call, r result) result {
	replace := strings.NewReplacer(s.prefix, "$T", s.dir, "$D", s.server, "$B")
	r.Out = s.maskText(c, replace.Replace(r.Out))
	r.Err = s.maskText(c, replace.Replace(r.Err))
	if c.only != "" {
		r.Out = keep(r.Out, func(line string) bool { return strings.Contains(line, c.only) })
	}
	if c.sorted || c.tool != "kafka-console-consumer" {
		r.Out = anyOrder(r.Out)
	}
	r.Err = anyOrder(r.Err)
	return r
}

// anyOrder removes the order of lines, and of the elements of a list within a line, from a text.
// Kafka's tools print in the order of Java's hash maps. gregor's tools sort.
func anyOrder(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.Contains(line, ",") {
			continue
		}
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t,{}[]()", r) })
		slices.Sort(words)
		lines[i] = strings.Join(words, " ")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (s *side) maskText(c *call, text string) string {
	text = topicID.ReplaceAllString(text, "TopicId: ID")
	for _, m := range c.masks {
		text = regexp.MustCompile(regexp.QuoteMeta(m)+`[^ \n\t]*`).ReplaceAllString(text, m+"...")
	}
	for _, re := range c.strip {
		text = re.ReplaceAllString(text, "")
	}
	usage := false
	lines := strings.Split(text, "\n")
	var kept []string
	for _, line := range lines {
		line = strings.TrimRight(line, " ")
		switch {
		case strings.HasPrefix(line, "Option ") && strings.HasSuffix(line, "Description"):
			usage = true
		case usage:
			if m := option.FindString(line); m != "" && !strings.HasPrefix(m, "---") {
				kept = append(kept, m)
			}
		case trace.MatchString(line), notice.MatchString(line), logLine.MatchString(line):
		case exception.MatchString(line):
			for m := exception.FindStringSubmatch(line); m != nil; m = exception.FindStringSubmatch(line) {
				line = m[1]
			}
			if line != "" && (len(kept) == 0 || !strings.HasSuffix(kept[len(kept)-1], line)) {
				kept = append(kept, line)
			}
		default:
			kept = append(kept, line)
		}
	}
	text = strings.TrimRight(strings.Join(kept, "\n"), "\n")
	if strings.HasPrefix(text, "usage: ") { // argparse4j justifies its lines
		text = blanks.ReplaceAllString(text, "")
	}
	return text
}

func keep(text string, want func(string) bool) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if want(line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// difference returns the difference of two answers, or "".
func difference(c *call, want, got result) string {
	var b strings.Builder
	if c.code >= 0 && want.Code != c.code {
		fmt.Fprintf(&b, "           code: Kafka %d, recorded %d\n", want.Code, c.code)
	}
	expect := want.Code
	if c.own >= 0 {
		expect = c.own
	}
	if expect != got.Code {
		fmt.Fprintf(&b, "           code: Kafka %d, gregor %d\n", want.Code, got.Code)
	}
	if c.code >= 0 {
		return b.String()
	}
	lines(&b, "stdout", want.Out, got.Out)
	lines(&b, "stderr", want.Err, got.Err)
	return b.String()
}

func lines(b *strings.Builder, what, want, got string) {
	if want == got {
		return
	}
	fmt.Fprintf(b, "           %s\n", what)
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	shown := 0
	for i := range max(len(w), len(g)) {
		a, c := line(w, i), line(g, i)
		if a == c {
			continue
		}
		if shown++; shown > 6 {
			b.WriteString("             ...\n")
			return
		}
		fmt.Fprintf(b, "             - %q\n             + %q\n", a, c)
	}
}

func line(l []string, i int) string {
	if i < len(l) {
		return l[i]
	}
	return ""
}
