package config

import (
	"maps"
	"slices"
	"strings"
)

// Op is an operation of IncrementalAlterConfigs, with its code.
type Op int8

// The operations (Kafka: AlterConfigOp.OpType).
const (
	Set Op = iota
	Delete
	Append
	Subtract
)

// String is Kafka's name of the operation.
func (o Op) String() string {
	if o < Set || o > Subtract {
		return "UNKNOWN"
	}
	return [...]string{"SET", "DELETE", "APPEND", "SUBTRACT"}[o]
}

// AlterOp changes one key of one resource.
type AlterOp struct {
	Name  string
	Op    Op
	Value *string
}

// Alter applies the operations of IncrementalAlterConfigs to the entries stored for a resource and
// returns the new entries; current is not changed and the result is not yet validated
// (ValidateTopic, ValidateBroker, ValidateGroup). Appending to a list keeps its order and adds no
// value twice; a list that is not stored starts from the default (Kafka:
// ConfigurationControlManager.incrementalAlterConfigResource).
func Alter(kind Kind, current map[string]string, ops []AlterOp) (map[string]string, error) {
	if err := CheckOps(ops); err != nil {
		return nil, err
	}
	out := maps.Clone(current)
	if out == nil {
		out = make(map[string]string)
	}
	for _, op := range ops {
		switch op.Op {
		case Set:
			out[op.Name] = *op.Value
		case Delete:
			delete(out, op.Name)
		case Append, Subtract:
			d := Lookup(kind, op.Name)
			if d == nil || d.Type != List {
				return nil, notAList(kind, op)
			}
			old, ok := out[op.Name]
			if !ok {
				old = d.Default
			}
			out[op.Name] = editList(old, *op.Value, op.Op)
		default:
			return nil, &Error{Message: "Unknown operation type.", Request: true}
		}
	}
	return out, nil
}

// notAList refuses to append to a value or to subtract from it. In Kafka the broker refuses it for
// its own keys and the controller for others, in different words.
func notAList(kind Kind, op AlterOp) error {
	if d := Lookup(kind, op.Name); kind == BrokerKey && (d == nil || d.DynamicOnly) {
		return errorf("Unknown config name: %s", op.Name)
	}
	if kind == BrokerKey {
		return errorf("Config value %s is not allowed for config key: %s", strings.ToLower(op.Op.String()), op.Name)
	}
	return errorf("Can't %s to key %s because its type is not LIST.", op.Op, op.Name)
}

// CheckOps refuses operations of one resource that name a key twice or set one to null. The error
// is an *Error.
func CheckOps(ops []AlterOp) error {
	seen := make(map[string]bool, len(ops))
	var null []string
	for _, op := range ops {
		if seen[op.Name] {
			return &Error{Message: "Error due to duplicate config keys", Request: true}
		}
		seen[op.Name] = true
		if op.Value == nil && op.Op != Delete {
			null = append(null, op.Name)
		}
	}
	if len(null) > 0 {
		return &Error{Message: "Null value not supported for : " + strings.Join(null, ","), Request: true}
	}
	return nil
}

// splitChange splits the value of APPEND or SUBTRACT. As in Kafka, empty parts at the end are left
// out, except that an empty value is one empty part.
func splitChange(change string) []string {
	if change == "" {
		return []string{""}
	}
	for strings.HasSuffix(change, ",") {
		change = change[:len(change)-1]
	}
	return splitList(change)
}

func editList(old, change string, op Op) string {
	list := splitList(old)
	for _, s := range splitChange(change) {
		at := slices.Index(list, s)
		switch {
		case op == Append && at < 0:
			list = append(list, s)
		case op == Subtract && at >= 0:
			list = slices.Delete(list, at, at+1)
		}
	}
	return strings.Join(list, ",")
}
