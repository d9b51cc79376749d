package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Validator checks a parsed value: bool, string, int64, float64 or []string; nil stands for null.
// String is the text that Kafka's ConfigDef prints for the valid values.
type Validator interface {
	Check(name string, v any) error
	String() string
}

type bounds struct {
	min, max float64
	hasMax   bool
}

func atLeast(min float64) Validator      { return bounds{min: min} }
func between(min, max float64) Validator { return bounds{min: min, max: max, hasMax: true} }

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (b bounds) Check(name string, v any) error {
	var f float64
	switch n := v.(type) {
	case nil:
		return invalid(name, "null", "Value must be non-null")
	case int64:
		f = float64(n)
	case float64:
		f = n
	}
	if f < b.min {
		return invalid(name, display(v), "Value must be at least "+number(b.min))
	}
	if b.hasMax && f > b.max {
		return invalid(name, display(v), "Value must be no more than "+number(b.max))
	}
	return nil
}

func (b bounds) String() string {
	if b.hasMax {
		return fmt.Sprintf("[%s,...,%s]", number(b.min), number(b.max))
	}
	return fmt.Sprintf("[%s,...]", number(b.min))
}

// oneOf is Kafka's ValidString.
type oneOf []string

func (o oneOf) Check(name string, v any) error {
	if s, _ := v.(string); !slices.Contains(o, s) || v == nil {
		return invalid(name, display(v), "String must be one of: "+strings.Join(o, ", "))
	}
	return nil
}

func (o oneOf) String() string { return "[" + strings.Join(o, ", ") + "]" }

// oneOfFold is Kafka's CaseInsensitiveValidString.
type oneOfFold []string

func (o oneOfFold) Check(name string, v any) error {
	s, ok := v.(string)
	for _, want := range o {
		if ok && strings.EqualFold(s, want) {
			return nil
		}
	}
	return invalid(name, display(v), "String must be one of (case insensitive): "+strings.Join(o, ", "))
}

func (o oneOfFold) String() string { return "(case insensitive) [" + strings.Join(o, ", ") + "]" }

// distinctList is Kafka's ValidList.anyNonDuplicateValues: any values, none empty. Repeated values
// are dropped when the list is parsed, and refused in a dynamic broker configuration
// (checkDynamic).
type distinctList struct{}

func (distinctList) Check(name string, v any) error {
	list, ok := v.([]string)
	if !ok {
		return nil
	}
	for _, s := range list {
		if s == "" {
			return errorf("Configuration '%s' values must not be empty.", name)
		}
	}
	return nil
}

func (distinctList) String() string { return "" }

// listOneOf is Kafka's ValidList.in: a list of the named values.
type listOneOf []string

func (o listOneOf) Check(name string, v any) error {
	list, _ := v.([]string)
	if err := (distinctList{}).Check(name, v); err != nil {
		return err
	}
	for _, s := range list {
		if err := oneOf(o).Check(name, s); err != nil {
			return err
		}
	}
	return nil
}

func (o listOneOf) String() string { return oneOf(o).String() }

type nonEmptyString struct{}

func (nonEmptyString) Check(name string, v any) error {
	if s, ok := v.(string); ok && s == "" {
		return invalid(name, "", "String must be non-empty")
	}
	return nil
}

func (nonEmptyString) String() string { return "non-empty string" }

type nonNullString struct{}

func (nonNullString) Check(name string, v any) error {
	if v == nil {
		return invalid(name, "null", "entry must be non null")
	}
	return nil
}

func (nonNullString) String() string { return "non-null string" }

// gzipLevel is the validator of GzipCompression's level.
type gzipLevel struct{}

func (gzipLevel) Check(name string, v any) error {
	if n, ok := v.(int64); !ok || n != -1 && (n < 1 || n > 9) {
		return invalid(name, display(v), "Value must be between 1 and 9 or equal to -1")
	}
	return nil
}

func (gzipLevel) String() string { return "[1,...,9] or -1" }
