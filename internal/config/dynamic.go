package config

import "sync/atomic"

// Dynamic gives the current value of every broker key while a node runs. Every call of a getter
// sees the newest value. So an engine keeps the Dynamic and asks it for each use of a key that can
// change. All methods are safe for concurrent use.
type Dynamic struct {
	started *Broker
	current atomic.Pointer[Values]
}

// NewDynamic begins with the static settings.
func NewDynamic(b *Broker) *Dynamic {
	d := &Dynamic{started: b}
	d.current.Store(b.v)
	return d
}

// Set replaces the dynamic entries, see Broker.With.
func (d *Dynamic) Set(clusterDefault, perBroker map[string]string) []Warning {
	v, warnings := d.started.With(clusterDefault, perBroker)
	d.current.Store(v)
	return warnings
}

// Values are the settings at this moment. Use them to read several keys that belong together, and
// do not keep them.
func (d *Dynamic) Values() *Values { return d.current.Load() }

// Int is the value of an INT or SHORT key.
func (d *Dynamic) Int(name string) int { return d.Values().Int(name) }

// Int64 is the value of a LONG (or shorter) key. Times are in the unit that the key's name says.
func (d *Dynamic) Int64(name string) int64 { return d.Values().Int64(name) }

// Float is the value of a DOUBLE key.
func (d *Dynamic) Float(name string) float64 { return d.Values().Float(name) }

// Bool is the value of a BOOLEAN key.
func (d *Dynamic) Bool(name string) bool { return d.Values().Bool(name) }

// String is the value of a STRING, CLASS or PASSWORD key, empty when it is null.
func (d *Dynamic) String(name string) string { return d.Values().String(name) }

// List is the value of a LIST key, nil when it is null. The caller must not change it.
func (d *Dynamic) List(name string) []string { return d.Values().List(name) }

// ListenerInt is the value of a number that is set for one listener alone (listener.name.NAME.KEY).
// ok is false when it is not set.
func (d *Dynamic) ListenerInt(listener, name string) (v int, ok bool) {
	return d.Values().ListenerInt(listener, name)
}

// Fill sets the fields of the struct that dst points to by their tags, see the function fill. The
// struct is a copy of this moment: fill it again after a change, or keep it for one decision only.
func (d *Dynamic) Fill(dst any) { d.Values().Fill(dst) }
