package client

import (
	_ "embed"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/java"
)

// keysText holds a line per property of Java's producer and consumer: name, client (p, c or both),
// type, valid values. Apache Kafka 4.4 printed it.
//
//go:embed keys.txt
var keysText string

// key is a property of a client.
type key struct {
	who, typ, valid string
}

// keys returns the properties of Java's clients by name.
var keys = sync.OnceValue(func() map[string]key {
	all := map[string]key{"bootstrap.controllers": {who: "a", typ: "LIST"}}
	for line := range strings.Lines(keysText) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		k := key{who: words[1], typ: words[2]}
		if len(words) == 4 {
			k.valid = words[3]
		}
		all[words[0]] = k
	}
	return all
})

// Kinds of client.
const (
	admin    = "a"
	producer = "p"
	consumer = "c"
)

// has reports whether clients of a kind have the property. An admin client has what the others
// share.
func (k key) has(kind string) bool {
	return strings.Contains(k.who, kind) || kind == admin && k.who == producer+consumer
}

// check refuses the first value, by name, that Java's client of the kind refuses, with its text.
func (p Props) check(kind string) error {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		k, ok := keys()[name]
		if !ok || !k.has(kind) {
			continue
		}
		if why := k.refuse(name, p[name]); why != "" {
			return opt.Errorf("Invalid value %s for configuration %s: %s", p[name], name, why)
		}
	}
	return nil
}

// warnUnknown prints the properties that Java's clients do not know.
func (p Props) warnUnknown(e *tool.Env) {
	p.warnOthers(e, slices.Sorted(maps.Keys(keys())))
}

// WarnMistyped prints the properties of a reader or a formatter that it does not know, and values
// of flags that are neither true nor false. Kafka's tools are silent, so only gregor's own form
// prints them.
func (p Props) WarnMistyped(e *tool.Env, flags []string, others ...string) {
	if !e.Native() {
		return
	}
	p.warnOthers(e, slices.Concat(flags, others))
	for _, name := range flags {
		v, is := p[name]
		if v = strings.ToLower(strings.TrimSpace(v)); is && v != "true" && v != "false" {
			e.Warn("WARN %s=%s means false; the values are true and false", name, p[name])
		}
	}
}

func (p Props) warnOthers(e *tool.Env, known []string) {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if slices.Contains(known, name) {
			continue
		}
		if near := opt.Nearest(name, known); near != "" {
			e.Warn("WARN The property %s is unknown and has no effect; did you mean %s?", name, near)
		} else {
			e.Warn("WARN The property %s is unknown and has no effect", name)
		}
	}
}

// refuse returns why a value is invalid; empty for a valid one.
func (k key) refuse(name, value string) string {
	trimmed := java.Trim(value)
	switch k.typ {
	case "BOOLEAN":
		if !strings.EqualFold(trimmed, "true") && !strings.EqualFold(trimmed, "false") {
			return "Expected value to be either true or false"
		}
	case "SHORT", "INT", "LONG":
		n, err := java.ParseInt(trimmed, map[string]int{"SHORT": 16, "INT": 32, "LONG": 64}[k.typ])
		if err != nil {
			return "Not a number of type " + k.typ
		}
		return k.outside(float64(n))
	case "DOUBLE":
		n, err := java.ParseDouble(trimmed)
		if err != nil {
			return "Not a number of type DOUBLE"
		}
		return k.outside(n)
	case "STRING":
		return k.refuseText(name, trimmed)
	}
	return ""
}

// outside returns why a number is out of range. Ranges are written [low,...] or [low,...,high].
func (k key) outside(n float64) string {
	low, high, ok := strings.Cut(strings.Trim(k.valid, "[]"), ",...")
	if !ok || strings.HasSuffix(k.valid, "or -1") && n == -1 {
		return ""
	}
	if high, _, _ = strings.Cut(strings.TrimPrefix(high, ","), "]"); high == "" {
		high = "Infinity"
	}
	least, _ := java.ParseDouble(low) // the table's own numbers
	most := math.Inf(1)
	if high != "Infinity" {
		most, _ = java.ParseDouble(high)
	}
	switch {
	case n < least:
		return "Value must be at least " + low
	case n > most:
		return "Value must be no more than " + high
	}
	return ""
}

func (k key) refuseText(name, value string) string {
	if name == "auto.offset.reset" {
		if _, err := parseReset(value); err != nil {
			return err.Error()
		}
		return ""
	}
	list, any := strings.CutPrefix(k.valid, "(case insensitive) ")
	switch {
	case k.valid == "non-empty string" && value == "":
		return "String must be non-empty"
	case !strings.HasPrefix(list, "["):
		return ""
	}
	words := strings.Split(strings.Trim(list, "[]"), ", ")
	switch {
	case any && !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, value) }):
		return "String must be one of (case insensitive): " + strings.Join(words, ", ")
	case !any && !slices.Contains(words, value):
		return "String must be one of: " + strings.Join(words, ", ")
	}
	return ""
}
