package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// call is one line of a case file.
type call struct {
	at, text string
	tool     string
	args     []string
	stdin    string
	timeout  int
	// expect is the reason why the two sides differ. It is empty when they must not differ. maybe
	// means that they may also be equal.
	expect string
	maybe  bool
	// one means that the answer describes the broker itself, so the comparison needs the same
	// broker on both sides.
	one bool
	// only keeps the lines of stdout with this text.
	only string
	// sorted compares the records of kafka-console-consumer in any order.
	sorted bool
	// files are written to the side's folder before the call: name and content.
	files [][2]string
	// code is the recorded exit code of Kafka's tool, own that of gregor's where it differs. -1
	// means none.
	code, own int
	// masks are words of stdout and stderr. The value after such a word is ignored, for example
	// after TopicId:.
	masks []string
	// strip are patterns to remove from stdout and stderr.
	strip []*regexp.Regexp
}

// readCases reads files of calls. A line is a command with the shell's quotes. Its only variables
// are $B (the bootstrap server), $T (the prefix of names) and $D (a folder). The text after "<<<"
// is stdin, with \n and \t. Lines that begin with % describe the comparison of the next call:
//
//	% differs REASON      the sides differ, for this reason
//	% may differ REASON   the sides sometimes differ, for this reason
//	% one broker          the answer is about the broker, so two brokers are not compared
//	% only TEXT           ignores lines of stdout without TEXT
//	% sorted              ignores the order of the records of kafka-console-consumer
//	% timeout SECONDS
//	% file NAME CONTENT   writes $D/NAME first; may be repeated
//	% code N              compares only exit codes, and that of Kafka's tool is N (see also
//	                      TestExitCodes of internal/cli)
//	% own N               gregor's exit code, where it differs from Kafka's on purpose
//	% strip REGEX         ignores the matches
//	% mask WORD           ignores the text after WORD up to the next blank
func readCases(files []string) ([]call, error) {
	var cases []call
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		next := newCall()
		for n, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || line[0] == '#':
			case line[0] == '%':
				if err := next.directive(strings.TrimSpace(line[1:])); err != nil {
					return nil, fmt.Errorf("%s:%d: %w", f, n+1, err)
				}
			default:
				if err := next.command(line); err != nil {
					return nil, fmt.Errorf("%s:%d: %w", f, n+1, err)
				}
				next.at = fmt.Sprintf("%s:%d", f[strings.LastIndex(f, "/")+1:], n+1)
				cases = append(cases, next)
				next = newCall()
			}
		}
	}
	return cases, nil
}

func newCall() call { return call{timeout: 30, code: -1, own: -1} }

func (c *call) directive(text string) (err error) {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "differs":
		c.expect = rest
	case "may":
		c.maybe, c.expect = true, strings.TrimPrefix(rest, "differ ")
	case "only":
		c.only = rest
	case "sorted":
		c.sorted = true
	case "one":
		c.one = true
	case "timeout":
		c.timeout, err = strconv.Atoi(rest)
	case "strip":
		var re *regexp.Regexp
		if re, err = regexp.Compile(rest); err == nil {
			c.strip = append(c.strip, re)
		}
	case "mask":
		c.masks = append(c.masks, rest)
	case "file":
		name, content, _ := strings.Cut(rest, " ")
		c.files = append(c.files, [2]string{name, content})
	case "code":
		c.code, err = strconv.Atoi(rest)
	case "own":
		c.own, err = strconv.Atoi(rest)
	default:
		err = fmt.Errorf("unknown directive %s", word)
	}
	return err
}

func (c *call) command(line string) error {
	cmd, stdin, _ := strings.Cut(line, "<<<")
	words, err := split(cmd)
	if err != nil {
		return err
	}
	c.text, c.tool, c.args = strings.TrimSpace(cmd), words[0], words[1:]
	c.stdin = unescape(strings.TrimSpace(stdin))
	return nil
}

func unescape(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(s)
}

// split splits a line into words as a shell does, with single and double quotes.
func split(s string) (words []string, err error) {
	var word strings.Builder
	quote, in := rune(0), false
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, in = r, true
		case r == ' ':
			if in {
				words = append(words, word.String())
			}
			word.Reset()
			in = false
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if in {
		words = append(words, word.String())
	}
	if quote != 0 || len(words) == 0 {
		return nil, fmt.Errorf("quotes do not match: %s", s)
	}
	return words, nil
}
