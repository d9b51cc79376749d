package quorum

import (
	"slices"
	"strconv"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// activate makes this node the active controller, once everything up to its own LeaderChange is
// replayed. It first writes the records that a new cluster or a new leader needs, then it answers
// the requests that waited.
func (e *engine) activate() error {
	e.latest = e.replayed
	e.nextOffset = e.node.Status().End
	e.active, e.lastWrite = true, e.elapsed
	if records := e.core.Activate(e.env()); len(records) > 0 {
		e.propose(records, nil)
	}
	if e.active && e.latest.Features().MetadataVersion() == 0 {
		e.propose(e.bootstrapRecords(), nil)
	}
	if e.active {
		e.register()
	}
	e.performWaiting()
	return nil
}

// performWaiting performs the requests that waited for a leader, or for the log to be writable.
func (e *engine) performWaiting() {
	waiting := e.waiting
	e.waiting = nil
	for i := range waiting {
		e.perform(&waiting[i])
	}
}

// bootstrapRecords returns the first metadata records of a cluster. Like Kafka it puts them into
// one transaction if the metadata.version has transactions.
func (e *engine) bootstrapRecords() []metadata.Record {
	records := slices.Clone(e.bootstrap)
	if levels := levelsOf(e.bootstrap); levels[metadata.FeatureELRVersion] > 0 {
		// With ELR every broker must agree on the minimum, so it becomes a cluster-wide config
		// (KIP-966).
		value := strconv.Itoa(e.o.Broker.Values().Int("min.insync.replicas"))
		records = append(records, &mr.ConfigRecord{ResourceType: metadata.ResourceBroker, Name: "min.insync.replicas", Value: &value})
	}
	if e.encodingVersion(records) < metadata.TransactionsFrom {
		return records
	}
	name := "Bootstrap records"
	records = slices.Insert(records, 0, metadata.Record(&mr.BeginTransactionRecord{Name: &name}))
	return append(records, &mr.EndTransactionRecord{})
}

func levelsOf(records []metadata.Record) map[string]int16 {
	levels := map[string]int16{}
	for _, r := range records {
		if f, ok := r.(*mr.FeatureLevelRecord); ok {
			levels[f.Name] = f.FeatureLevel
		}
	}
	return levels
}

// defaultBootstrap returns the feature levels of a new cluster. override replaces levels by name.
func defaultBootstrap(override map[string]int16) []metadata.Record {
	level := func(f metadata.SupportedFeature) int16 {
		if l, ok := override[f.Name]; ok {
			return l
		}
		return f.Default
	}
	var first, rest []metadata.Record
	for _, f := range metadata.SupportedFeatures() {
		r := &mr.FeatureLevelRecord{Name: f.Name, FeatureLevel: level(f)}
		switch {
		case f.Name == metadata.FeatureMetadataVersion:
			first = append(first, r)
		case f.Name != metadata.FeatureKRaftVersion && r.FeatureLevel > 0:
			rest = append(rest, r)
		}
	}
	return append(first, rest...)
}

// register records this controller's listeners and features for its present incarnation (KIP-919).
func (e *engine) register() {
	want := e.o.Registration
	if want == nil || e.latest.Features().MetadataVersion() < metadata.ControllerRegistrationFrom {
		return
	}
	if have := e.latest.Controller(want.ID); have != nil && have.IncarnationID == want.IncarnationID {
		return
	}
	e.propose([]metadata.Record{want.Record()}, nil)
}
