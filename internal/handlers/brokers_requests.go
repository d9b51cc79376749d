package handlers

// The requests that brokers send to the active controller on its controller listener:
// BrokerRegistration (62, versions 0-4), BrokerHeartbeat (63, versions 0-1), AlterPartition (56,
// versions 2-3), AllocateProducerIds (67, version 0), AssignReplicasToDirs (73, version 0). A
// controller that does not lead answers NOT_CONTROLLER. The listeners for clients do not serve
// them.

import (
	"github.com/gregorhq/gregor/internal/controller"
)

// ofBrokers are the APIs of controller listeners that only brokers call.
var ofBrokers declared[Forwarding]

// fromBroker declares an API that only brokers call.
func fromBroker[T any, P request[T], R response](minVersion, maxVersion int16, api *controller.API[P, R]) struct{} {
	return ofBrokers.add(func(f Forwarding) API { return forwardedAPI(f, minVersion, maxVersion, api) })
}

var (
	_ = fromBroker(0, 4, controller.BrokerRegistration)
	_ = fromBroker(0, 1, controller.BrokerHeartbeat)
	_ = fromBroker(2, 3, controller.AlterPartition)
	_ = fromBroker(0, 0, controller.AllocateProducerIDs)
	_ = fromBroker(0, 0, controller.AssignReplicasToDirs)
)
