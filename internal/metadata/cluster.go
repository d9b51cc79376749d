package metadata

import (
	"iter"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Endpoint is one listener of a node. SecurityProtocol is Kafka's id: 0 PLAINTEXT, 1 SSL, 2
// SASL_PLAINTEXT, 3 SASL_SSL.
type Endpoint struct {
	Name             string
	Host             string
	Port             uint16
	SecurityProtocol int16
}

// FeatureRange is a feature with the levels that a node's software supports.
type FeatureRange struct {
	Name string
	Min  int16
	Max  int16
}

// Broker is one broker's registration. It is immutable.
type Broker struct {
	ID int32
	// Epoch is the broker epoch: the offset of the first record of the decision that registered
	// this incarnation. It grows with every restart.
	Epoch int64
	// RegisteredAt is the offset of the first image with this registration. A broker whose image
	// has that offset knows its own registration.
	RegisteredAt int64
	// ChangedAt is the offset of the first image with the current state of the registration.
	ChangedAt            int64
	IncarnationID        wire.UUID
	Endpoints            []Endpoint
	Features             []FeatureRange
	Rack                 *string
	Fenced               bool
	InControlledShutdown bool
	IsMigratingZk        bool
	LogDirs              []wire.UUID
	// CordonedLogDirs take no new replicas (KIP-1066). It is nil when the broker never reported
	// any.
	CordonedLogDirs []wire.UUID
}

// ControllerNode is one controller's registration. It is immutable.
type ControllerNode struct {
	ID               int32
	IncarnationID    wire.UUID
	ZkMigrationReady bool
	Endpoints        []Endpoint
	Features         []FeatureRange
}

// Broker returns a registered broker, fenced or not, and nil when the id is not registered.
func (m *Image) Broker(id int32) *Broker {
	b, _ := m.brokers.Get(id)
	return b
}

// Brokers yields every registered broker, also fenced ones, in ascending order of id.
func (m *Image) Brokers() iter.Seq[*Broker] { return valuesOf(m.brokers.All()) }

// Controllers yields every registered controller in ascending order of id.
func (m *Image) Controllers() iter.Seq[*ControllerNode] { return valuesOf(m.controllers.All()) }

// Controller returns a registered controller, and nil when the id is not registered.
func (m *Image) Controller(id int32) *ControllerNode {
	c, _ := m.controllers.Get(id)
	return c
}

// IsActive reports whether the broker is registered and not fenced. Such a broker may lead, and
// clients see it.
func (m *Image) IsActive(broker int32) bool {
	b := m.Broker(broker)
	return b != nil && !b.Fenced
}

// Endpoint returns the broker's listener of that name.
func (b *Broker) Endpoint(listener string) (Endpoint, bool) {
	for _, e := range b.Endpoints {
		if e.Name == listener {
			return e, true
		}
	}
	return Endpoint{}, false
}
