package config

import "path/filepath"

// Broker is the static configuration of one node, as it was started. Its getters serve the keys
// that cannot change while the node runs. They panic on a key that can: the value at the start is
// stale as soon as an operator changes the key, so such a key is read from a Dynamic.
type Broker struct{ v *Values }

// Default is the configuration of a node for which nothing was set.
func Default() *Broker {
	b, _, err := Parse(Input{})
	if err != nil {
		panic("config: defaults are invalid: " + err.Error())
	}
	return b
}

// notChanging returns name, after the check that the key cannot change while the node runs.
func notChanging(name string) string {
	if d := Lookup(BrokerKey, name); d != nil && d.Update != ReadOnly {
		panic("config: " + name + " can change while the node runs; read it from a Dynamic")
	}
	return name
}

// Int is the value of an INT or SHORT key.
func (b *Broker) Int(name string) int { return b.v.Int(notChanging(name)) }

// Int64 is the value of a LONG (or shorter) key. Times are in the unit that the key's name says.
func (b *Broker) Int64(name string) int64 { return b.v.Int64(notChanging(name)) }

// Float is the value of a DOUBLE key.
func (b *Broker) Float(name string) float64 { return b.v.Float(notChanging(name)) }

// Bool is the value of a BOOLEAN key.
func (b *Broker) Bool(name string) bool { return b.v.Bool(notChanging(name)) }

// String is the value of a STRING, CLASS or PASSWORD key, empty when it is null.
func (b *Broker) String(name string) string { return b.v.String(notChanging(name)) }

// List is the value of a LIST key, nil when it is null. The caller must not change it.
func (b *Broker) List(name string) []string { return b.v.List(notChanging(name)) }

// Has reports whether the key has a value after synonyms and defaults, that is whether it is not
// null.
func (b *Broker) Has(name string) bool { return b.v.Has(notChanging(name)) }

// IsSet reports whether the user set this very key.
func (b *Broker) IsSet(name string) bool { return b.v.IsSet(notChanging(name)) }

// Fill sets the fields of the struct that dst points to by their tags, see the function fill.
func (b *Broker) Fill(dst any) {
	fill(dst, func(name string) any { return b.v.value(notChanging(name)) })
}

// Values are the settings with which the node was started, without dynamic entries.
func (b *Broker) Values() *Values { return b.v }

// With lays the dynamic entries of the metadata log over the static settings. clusterDefault are
// the entries of the broker resource "", perBroker those of this node. Entries that are read-only
// or invalid are left out and reported.
func (b *Broker) With(clusterDefault, perBroker map[string]string) (*Values, []Warning) {
	return b.v.with(clusterDefault, perBroker)
}

// Listeners are the addresses to bind, in the file's order. The caller must not change the slice.
func (b *Broker) Listeners() []Listener { return b.v.listeners }

// AdvertisedListeners are the addresses handed out to clients and brokers, in the file's order:
// those of advertised.listeners, or else those of listeners without the controllers'. The caller
// must not change the slice.
func (b *Broker) AdvertisedListeners() []Listener { return b.v.advertised }

// AdvertisedControllers are the controller listeners with the addresses at which others find them:
// those of advertised.listeners, else those of listeners, with localhost for an empty host.
func (b *Broker) AdvertisedControllers() (out []Listener) {
	for _, l := range b.Listeners() {
		if !l.Controller {
			continue
		}
		for _, a := range b.AdvertisedListeners() {
			if a.Name == l.Name {
				l.Host, l.Port = a.Host, a.Port
			}
		}
		if l.Host == "" {
			l.Host = "localhost"
		}
		out = append(out, l)
	}
	return out
}

// InterBrokerListener is the name of the listener that brokers use among themselves.
func (b *Broker) InterBrokerListener() string { return b.v.interBrokerListener() }

// Voters are the entries of controller.quorum.voters in order.
func (b *Broker) Voters() []Voter { return b.v.voters }

// NodeID is node.id, or broker.id, or 1 for a node that sets no process.roles either.
func (b *Broker) NodeID() int32 { return b.v.nodeID() }

// LogDirs are log.dirs, or else log.dir, without duplicates and in order.
func (b *Broker) LogDirs() []string { return b.List("log.dirs") }

// MetadataLogDir is the directory of __cluster_metadata: metadata.log.dir, or the first log
// directory.
func (b *Broker) MetadataLogDir() string {
	if s := b.String("metadata.log.dir"); s != "" {
		// Other code compares the texts.
		for _, dir := range b.LogDirs() {
			if filepath.Clean(dir) == filepath.Clean(s) {
				return dir
			}
		}
		return s
	}
	return b.LogDirs()[0]
}
