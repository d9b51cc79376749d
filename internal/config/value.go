package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/java"
)

// ParseValue parses and validates one value of a key as Kafka's ConfigDef does. The result is bool,
// string, int64, float64 or []string. The error is Kafka's text.
func (d *Definition) ParseValue(s string) (any, error) {
	v, err := d.parse(s)
	if err != nil {
		return nil, err
	}
	if d.Valid != nil {
		if err := d.Valid.Check(d.Name, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (d *Definition) parse(raw string) (any, error) {
	s := java.Trim(raw)
	switch d.Type {
	case Bool:
		switch {
		case strings.EqualFold(s, "true"):
			return true, nil
		case strings.EqualFold(s, "false"):
			return false, nil
		}
		return nil, invalid(d.Name, raw, "Expected value to be either true or false")
	case Int:
		return d.parseInt(raw, 32)
	case Short:
		return d.parseInt(raw, 16)
	case Long:
		return d.parseInt(raw, 64)
	case Double:
		f, err := java.ParseDouble(s)
		if err != nil {
			return nil, d.notANumber(raw)
		}
		return f, nil
	case List:
		list := splitList(s)
		if d.distinct() {
			list = distinct(list)
		}
		return list, nil
	}
	return s, nil
}

func (d *Definition) parseInt(raw string, bits int) (any, error) {
	n, err := java.ParseInt(java.Trim(raw), bits)
	if err != nil {
		return nil, d.notANumber(raw)
	}
	return n, nil
}

// notANumber names the value as it was set, with its blanks.
func (d *Definition) notANumber(raw string) error {
	e := invalid(d.Name, raw, "Not a number of type "+d.Type.String())
	e.notNumber = d
	return e
}

// splitList splits at commas and trims blanks around them; the empty string is the empty list.
func splitList(s string) []string {
	if s == "" {
		return []string{}
	}
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// distinct reports whether Kafka drops repeated values of the list. Kafka does so for the lists
// that its ValidList checks.
func (d *Definition) distinct() bool {
	switch d.Valid.(type) {
	case distinctList, listOneOf, nonEmptyElements:
		return true
	}
	return false
}

// distinct keeps the first of equal values.
func distinct(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// display is a parsed value as Kafka writes it in messages and in DescribeConfigs.
func display(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return java.FormatDouble(x)
	case []string:
		return strings.Join(x, ",")
	}
	return v.(string)
}
