package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// sample holds repeated measurements of a figure.
type sample []float64

func (s sample) median() float64 {
	if len(s) == 0 {
		return 0
	}
	c := slices.Clone(s)
	slices.Sort(c)
	return (c[(len(c)-1)/2] + c[len(c)/2]) / 2
}

func (s sample) text() string {
	if len(s) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s (%s-%s)", short(s.median()), short(slices.Min(s)), short(slices.Max(s)))
}

func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// line is one row of the table: a figure of both brokers.
type line struct {
	row, figure string
	goal        string
	vals        map[string]sample
}

func (s *Suite) note(kind, row, figure, goal string, v float64) {
	for _, l := range s.lines {
		if l.row == row && l.figure == figure {
			l.vals[kind] = append(l.vals[kind], v)
			return
		}
	}
	s.lines = append(s.lines, &line{row: row, figure: figure, goal: goal, vals: map[string]sample{kind: {v}}})
}

func (s *Suite) table() string {
	var b strings.Builder
	b.WriteString("| row | figure | gregor: median (range) | Apache Kafka 4.4.0 | ratio (range) | bar |\n|---|---|---|---|---|---|\n")
	for _, l := range s.lines {
		g, k := l.vals["gregor"], l.vals["kafka"]
		ratio := "-"
		if len(g) > 0 && len(k) > 0 && k.median() > 0 {
			ratio = fmt.Sprintf("%s (%s-%s)", short(g.median()/k.median()), short(slices.Min(g)/slices.Max(k)), short(slices.Max(g)/max(slices.Min(k), 1e-9)))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", l.row, l.figure, g.text(), k.text(), ratio, l.goal)
	}
	return b.String()
}
