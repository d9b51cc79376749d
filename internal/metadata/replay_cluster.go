package metadata

import (
	"fmt"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// Values of BrokerRegistrationChangeRecord's Fenced and InControlledShutdown.
const (
	ChangeNone    int8 = 0
	ChangeFence   int8 = 1
	ChangeUnfence int8 = -1
)

// replayCluster applies records about brokers and controllers. handled is false for other records.
func (d *Delta) replayCluster(record Record) (handled bool, err error) {
	switch r := record.(type) {
	case *mr.RegisterBrokerRecord:
		d.changedBrokers[r.BrokerID] = struct{}{}
		d.brokers.set(r.BrokerID, brokerFrom(r))
	case *mr.UnregisterBrokerRecord:
		return true, d.replayUnregister(r)
	case *mr.FenceBrokerRecord:
		return true, d.changeBroker(r.ID, r.Epoch, func(b *Broker) { b.Fenced = true })
	case *mr.UnfenceBrokerRecord:
		return true, d.changeBroker(r.ID, r.Epoch, func(b *Broker) { b.Fenced = false })
	case *mr.BrokerRegistrationChangeRecord:
		return true, d.changeBroker(r.BrokerID, r.BrokerEpoch, func(b *Broker) { b.change(r) })
	case *mr.RegisterControllerRecord:
		d.controllers.set(r.ControllerID, controllerFrom(r))
	case *mr.UnregisterControllerRecord:
		d.controllers.remove(r.ControllerID)
	default:
		return false, nil
	}
	return true, nil
}

func (d *Delta) replayUnregister(r *mr.UnregisterBrokerRecord) error {
	b, ok := d.brokers.get(r.BrokerID)
	if !ok || b.Epoch != r.BrokerEpoch {
		return fmt.Errorf("metadata: broker %d with epoch %d is unregistered but not registered", r.BrokerID, r.BrokerEpoch)
	}
	d.changedBrokers[r.BrokerID] = struct{}{}
	d.brokers.remove(r.BrokerID)
	return nil
}

func (d *Delta) changeBroker(id int32, epoch int64, change func(*Broker)) error {
	b, ok := d.brokers.get(id)
	if !ok {
		return fmt.Errorf("metadata: change of unknown broker %d", id)
	}
	if b.Epoch != epoch {
		return fmt.Errorf("metadata: change of broker %d with epoch %d, its epoch is %d", id, epoch, b.Epoch)
	}
	d.changedBrokers[id] = struct{}{}
	c := *b
	change(&c)
	d.brokers.set(id, &c)
	return nil
}

func (b *Broker) change(r *mr.BrokerRegistrationChangeRecord) {
	switch r.Fenced {
	case ChangeFence:
		b.Fenced = true
	case ChangeUnfence:
		b.Fenced = false
	}
	if r.InControlledShutdown == 1 {
		b.InControlledShutdown = true
	}
	if len(r.LogDirs) > 0 {
		b.LogDirs = r.LogDirs
	}
	if r.CordonedLogDirs != nil {
		b.CordonedLogDirs = r.CordonedLogDirs
	}
}

// notApplied is the value of RegisteredAt until Apply sets it.
const notApplied int64 = -2

func brokerFrom(r *mr.RegisterBrokerRecord) *Broker {
	b := &Broker{
		ID: r.BrokerID, Epoch: r.BrokerEpoch, RegisteredAt: notApplied, IncarnationID: r.IncarnationID, Rack: r.Rack,
		Fenced: r.Fenced, InControlledShutdown: r.InControlledShutdown, IsMigratingZk: r.IsMigratingZkBroker,
		LogDirs: r.LogDirs, CordonedLogDirs: r.CordonedLogDirs,
	}
	for _, e := range r.EndPoints {
		b.Endpoints = append(b.Endpoints, Endpoint(e))
	}
	for _, f := range r.Features {
		b.Features = append(b.Features, FeatureRange{f.Name, f.MinSupportedVersion, f.MaxSupportedVersion})
	}
	return b
}

func controllerFrom(r *mr.RegisterControllerRecord) *ControllerNode {
	c := &ControllerNode{ID: r.ControllerID, IncarnationID: r.IncarnationID, ZkMigrationReady: r.ZkMigrationReady}
	for _, e := range r.EndPoints {
		c.Endpoints = append(c.Endpoints, Endpoint(e))
	}
	for _, f := range r.Features {
		c.Features = append(c.Features, FeatureRange{f.Name, f.MinSupportedVersion, f.MaxSupportedVersion})
	}
	return c
}
