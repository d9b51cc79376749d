package metadata

import (
	"iter"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Endpoint is one listener of a node. SecurityProtocol is Kafka's id: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
type Endpoint struct {
	Name             string
	Host             string
	Port             uint16
	SecurityProtocol int16
}

// FeatureRange is a feature and the levels of it that a node's software can run at.
type FeatureRange struct {
	Name string
	Min  int16
	Max  int16
}

// Broker is one broker's registration. It never changes.
type Broker struct {
	ID int32
	// Epoch is the offset of the record that registered this incarnation, and so grows with every restart.
	Epoch                int64
	IncarnationID        wire.UUID
	Endpoints            []Endpoint
	Features             []FeatureRange
	Rack                 *string
	Fenced               bool
	InControlledShutdown bool
	IsMigratingZk        bool
	LogDirs              []wire.UUID
	// CordonedLogDirs take no new replicas (KIP-1066). Nil when the broker never told.
	CordonedLogDirs []wire.UUID
}

// ControllerNode is one controller's registration. It never changes.
type ControllerNode struct {
	ID               int32
	IncarnationID    wire.UUID
	ZkMigrationReady bool
	Endpoints        []Endpoint
	Features         []FeatureRange
}

// Broker finds a registered broker, fenced or not; nil when there is none.
func (m *Image) Broker(id int32) *Broker {
	b, _ := m.brokers.Get(id)
	return b
}

// Brokers yields every registered broker in ascending order of id, fenced ones too.
func (m *Image) Brokers() iter.Seq[*Broker] { return valuesOf(m.brokers.All()) }

// Controller finds a registered controller, nil when there is none.
func (m *Image) Controller(id int32) *ControllerNode {
	c, _ := m.controllers.Get(id)
	return c
}

// IsActive tells whether the broker is registered and not fenced, and so may lead and be handed to clients.
func (m *Image) IsActive(broker int32) bool {
	b := m.Broker(broker)
	return b != nil && !b.Fenced
}

// Endpoint is the broker's listener of that name.
func (b *Broker) Endpoint(listener string) (Endpoint, bool) {
	for _, e := range b.Endpoints {
		if e.Name == listener {
			return e, true
		}
	}
	return Endpoint{}, false
}
