package metadata

import (
	"iter"
	"maps"
	"slices"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// Records yields the records that make this image from the empty one. Their order is Apache Kafka's
// order in a snapshot (MetadataImage.write): features first, since the metadata.version decides the
// encoding of the rest. The encoding version ([RecordVersion]) leaves out optional fields that the
// metadata.version does not know. Records leaves out an open transaction: no snapshot is taken
// during one.
func (m *Image) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, part := range []iter.Seq[Record]{
			m.featureRecords(), m.clusterRecords(), m.topicRecords(), m.configRecords(),
			m.keptRecords(keptQuota), m.producerRecords(), m.keptRecords(keptACL), m.keptRecords(keptScram),
			m.keptRecords(keptDelegationToken), m.keptRecords(keptZkMigration),
		} {
			for r := range part {
				if !yield(r) {
					return
				}
			}
		}
	}
}

func (m *Image) featureRecords() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		if level := m.features.MetadataVersion(); level > 0 {
			if !yield(&mr.FeatureLevelRecord{Name: FeatureMetadataVersion, FeatureLevel: level}) {
				return
			}
		}
		for name, level := range m.features.All() {
			if name != FeatureMetadataVersion && !yield(&mr.FeatureLevelRecord{Name: name, FeatureLevel: level}) {
				return
			}
		}
	}
}

func (m *Image) clusterRecords() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, b := range m.brokers.All() {
			if !yield(b.Record()) {
				return
			}
		}
		for _, c := range m.controllers.All() {
			if !yield(c.Record()) {
				return
			}
		}
	}
}

// Record returns the registration as one record.
func (b *Broker) Record() *mr.RegisterBrokerRecord {
	r := &mr.RegisterBrokerRecord{
		BrokerID: b.ID, BrokerEpoch: b.Epoch, IncarnationID: b.IncarnationID, Rack: b.Rack,
		Fenced: b.Fenced, InControlledShutdown: b.InControlledShutdown, IsMigratingZkBroker: b.IsMigratingZk,
		LogDirs: b.LogDirs, CordonedLogDirs: b.CordonedLogDirs,
	}
	for _, e := range b.Endpoints {
		r.EndPoints = append(r.EndPoints, mr.RegisterBrokerRecordBrokerEndpoint(e))
	}
	for _, f := range b.Features {
		r.Features = append(r.Features, mr.RegisterBrokerRecordBrokerFeature{
			Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return r
}

// Record returns the registration as one record.
func (c *ControllerNode) Record() *mr.RegisterControllerRecord {
	r := &mr.RegisterControllerRecord{ControllerID: c.ID, IncarnationID: c.IncarnationID, ZkMigrationReady: c.ZkMigrationReady}
	for _, e := range c.Endpoints {
		r.EndPoints = append(r.EndPoints, mr.RegisterControllerRecordControllerEndpoint(e))
	}
	for _, f := range c.Features {
		r.Features = append(r.Features, mr.RegisterControllerRecordControllerFeature{
			Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	return r
}

func (m *Image) topicRecords() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for t := range m.topics.All() {
			if !yield(&mr.TopicRecord{Name: t.Name, TopicID: t.ID}) {
				return
			}
			for i, p := range t.Partitions {
				if !yield(p.Record(t, int32(i))) {
					return
				}
			}
		}
	}
}

// Record returns the whole state of the partition as one record.
func (p *Partition) Record(t *Topic, index int32) *mr.PartitionRecord {
	return &mr.PartitionRecord{
		PartitionID: index, TopicID: t.ID,
		Replicas: p.Replicas, ISR: p.ISR, RemovingReplicas: p.RemovingReplicas, AddingReplicas: p.AddingReplicas,
		Leader: p.Leader, LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch,
		Directories: p.Directories, LeaderRecoveryState: p.LeaderRecovery,
		EligibleLeaderReplicas: nilIfEmpty(p.ELR), LastKnownELR: nilIfEmpty(p.LastKnownELR),
	}
}

func nilIfEmpty(s []int32) []int32 {
	if len(s) == 0 {
		return nil
	}
	return s
}

func (m *Image) configRecords() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for res, values := range m.configs.All() {
			for _, name := range slices.Sorted(maps.Keys(values)) {
				value := values[name]
				if !yield(&mr.ConfigRecord{ResourceType: res.Type, ResourceName: res.Name, Name: name, Value: &value}) {
					return
				}
			}
		}
	}
}

func (m *Image) producerRecords() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		if p := m.producerIDs; p != nil {
			yield(&mr.ProducerIDsRecord{BrokerID: p.brokerID, BrokerEpoch: p.brokerEpoch, NextProducerID: m.nextProducerID})
		}
	}
}

func (m *Image) keptRecords(kind int16) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for key, r := range m.security.From(keptKey{kind: kind}) {
			if key.kind != kind || !yield(r) {
				return
			}
		}
	}
}

// Quotas returns the number of keys that have a quota of clients, users or addresses.
func (m *Image) Quotas() (n int) {
	for range m.keptRecords(keptQuota) {
		n++
	}
	return n
}
