package protocoltest

import "reflect"

// Each calls visit with every settable field of a struct, and then with the fields inside it. owner
// is the name of the field's struct.
func Each(v reflect.Value, visit func(owner, name string, f reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			Each(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			Each(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				visit(v.Type().Name(), v.Type().Field(i).Name, f)
				Each(f, visit)
			}
		}
	}
}

// SetText sets a text field, or the texts of a list. It returns false for another type. A null
// stays null.
func SetText(f reflect.Value, text func() string) bool {
	switch was := f.Interface().(type) {
	case string:
		f.SetString(text())
	case *string:
		if was != nil {
			*was = text()
		}
	case []string:
		for i := range was {
			was[i] = text()
		}
	default:
		return false
	}
	return true
}
