package handlers

import (
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/replication"
)

// Engines is what the APIs that this node answers itself get from their node. The constructor of an
// API takes only the part that it uses, as an interface, so that a test can stand in for it.
type Engines struct {
	Replicas     *replication.Manager
	Sessions     FetchSessions
	Quorum       QuorumSource
	Coordinators CoordinatorLocator
	ProducerIDs  ProducerIDs
	AutoCreate   TopicAutoCreator
	// Images has the metadata that clients see.
	Images ImageSource
	// Config is the configuration at the start.
	Config    *config.Broker
	ClusterID string
	NodeID    int32
	// Loggers are the broker loggers of this node; nil means that it has none.
	Loggers Loggers
	// Registry is the table that the APIs go into, and Versions the rest of ApiVersions.
	Registry *Registry
	Versions APIVersionsSource
}

// served are the APIs that this node answers itself.
var served declared[Engines]

// EngineAPIs makes the APIs that this node answers itself.
func EngineAPIs(e Engines) []API { return served.bind(e) }

// declare declares an API that this node answers itself.
func declare(newAPI func(Engines) API) struct{} { return served.add(newAPI) }
