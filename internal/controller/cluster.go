package controller

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// BrokerRegistration registers a broker's incarnation; the answer carries its broker epoch.
var BrokerRegistration = declare(API[*protocol.BrokerRegistrationRequest, *protocol.BrokerRegistrationResponse]{
	decide: (*Core).registerBroker,
	fail: func(_ *protocol.BrokerRegistrationRequest, err protocol.Error) *protocol.BrokerRegistrationResponse {
		resp := protocol.New[protocol.BrokerRegistrationResponse]()
		resp.ErrorCode = err.Code()
		return resp
	},
})

// UnregisterBroker removes a broker's registration.
var UnregisterBroker = declare(API[*protocol.UnregisterBrokerRequest, *protocol.UnregisterBrokerResponse]{
	decide: (*Core).unregisterBroker,
	fail: func(_ *protocol.UnregisterBrokerRequest, err protocol.Error) *protocol.UnregisterBrokerResponse {
		resp := protocol.New[protocol.UnregisterBrokerResponse]()
		resp.ErrorCode = err.Code()
		return resp
	},
	published: true,
})

// registerBroker answers BrokerRegistration, versions 0-4 (KIP-631, KIP-858, KIP-966, KIP-1066).
//
// A new incarnation of a broker replaces the previous one, unless that one still sends heartbeats:
// then another process runs under the same id. As in Kafka, the broker epoch is the offset of the
// decision's first record, and a broker registers fenced. Its first heartbeat with an image that
// has the registration unfences it.
func (c *Core) registerBroker(e Env, ctx Request, r *protocol.BrokerRegistrationRequest) ([]Record, *protocol.BrokerRegistrationResponse) {
	resp := protocol.New[protocol.BrokerRegistrationResponse]()
	old := e.Image.Broker(r.BrokerID)
	if f := c.checkRegistration(e, r, old); f.failed() {
		resp.ErrorCode = f.code.Code()
		return nil, resp
	}
	record := registrationRecord(e.Image, r)
	var records []Record
	if old != nil && old.IncarnationID == r.IncarnationID {
		// The same process asks again, for example because it did not see the answer: it keeps its
		// epoch.
		record.BrokerEpoch, record.Fenced, record.InControlledShutdown = old.Epoch, old.Fenced, old.InControlledShutdown
	} else {
		records = c.cleanUpIncarnation(e.Image, ctx, r, old)
		record.BrokerEpoch = e.NextOffset
	}
	c.brokers[r.BrokerID] = &contact{epoch: record.BrokerEpoch, last: e.Awake, alive: true, metadataOffset: -1}
	resp.BrokerEpoch = record.BrokerEpoch
	return append(records, record), resp
}

// cleanUpIncarnation removes a broker's previous incarnation from the ISRs. After an unclean stop
// it removes it from the ELRs too, because the records that it acknowledged last may be lost. A
// stop was clean when the broker presents the epoch of its previous registration (KIP-966).
func (c *Core) cleanUpIncarnation(image *metadata.Image, ctx Request, r *protocol.BrokerRegistrationRequest, old *metadata.Broker) []Record {
	detects := ctx.Version >= 3 && image.Features().ELREnabled()
	if detects && (old == nil || r.PreviousBrokerEpoch != old.Epoch) {
		return c.shiftRecords(image, shift{remove: noBroker, add: noBroker, unclean: r.BrokerID}, inISROrELR(r.BrokerID))
	}
	return c.shiftRecords(image, shift{remove: r.BrokerID, add: noBroker, unclean: noBroker}, inISR(r.BrokerID))
}

func (c *Core) checkRegistration(e Env, r *protocol.BrokerRegistrationRequest, old *metadata.Broker) failure {
	if c.cfg.ClusterID != "" && r.ClusterID != c.cfg.ClusterID {
		return fail(protocol.ErrInconsistentClusterID,
			fmt.Sprintf("Expected cluster ID %s, but got cluster ID %s", c.cfg.ClusterID, r.ClusterID))
	}
	if old != nil && old.IncarnationID != r.IncarnationID && c.hasSession(e, old) && !c.succeeds(old, r) {
		return fail(protocol.ErrDuplicateBrokerRegistration,
			"Another broker is registered with that broker id. If the broker was recently restarted this should self-resolve once the heartbeat manager expires the broker's session.")
	}
	if r.IsMigratingZkBroker {
		return fail(protocol.ErrBrokerIDNotRegistered, "Controller does not support registering ZK brokers.")
	}
	if f := checkFeatures(e.Image, r); f.failed() {
		return f
	}
	if e.Image.Features().MetadataVersion() >= metadata.DirectoriesFrom {
		return checkDirectories(e.Image, r)
	}
	return failure{}
}

func checkFeatures(image *metadata.Image, r *protocol.BrokerRegistrationRequest) failure {
	ranges := map[string]protocol.BrokerRegistrationRequestFeature{}
	for _, f := range r.Features {
		ranges[f.Name] = f
	}
	if _, ok := ranges[metadata.FeatureMetadataVersion]; !ok {
		return fail(protocol.ErrInvalidRegistration, "Request features do not contain 'metadata.version'")
	}
	for name, level := range image.Features().All() {
		f := ranges[name]
		if level < f.MinSupportedVersion || level > f.MaxSupportedVersion {
			return fail(protocol.ErrUnsupportedVersion, fmt.Sprintf(
				"Unable to register because the broker does not support finalized version %d of %s. The broker wants a version between %d and %d, inclusive.",
				level, name, f.MinSupportedVersion, f.MaxSupportedVersion))
		}
	}
	return failure{}
}

func checkDirectories(image *metadata.Image, r *protocol.BrokerRegistrationRequest) failure {
	if len(r.LogDirs) == 0 {
		return fail(protocol.ErrInvalidRegistration, "No directories specified in request")
	}
	for i, dir := range r.LogDirs {
		if isReservedDirectory(dir) {
			return fail(protocol.ErrInvalidRegistration, "Reserved directory ID in request")
		}
		if slices.Contains(r.LogDirs[:i], dir) {
			return fail(protocol.ErrInvalidRegistration, "Duplicate directory ID in request")
		}
		for b := range image.Brokers() {
			if b.ID != r.BrokerID && slices.Contains(b.LogDirs, dir) {
				return fail(protocol.ErrInvalidRegistration,
					fmt.Sprintf("Broker %d is already registered with directory %s", b.ID, dir))
			}
		}
	}
	return failure{}
}

// isReservedDirectory reports whether an id is one of the hundred that Kafka reserves
// (org.apache.kafka.common.DirectoryId).
func isReservedDirectory(id wire.UUID) bool {
	for _, b := range id[:15] {
		if b != 0 {
			return false
		}
	}
	return id[15] < 100
}

func registrationRecord(image *metadata.Image, r *protocol.BrokerRegistrationRequest) *mr.RegisterBrokerRecord {
	record := &mr.RegisterBrokerRecord{
		BrokerID: r.BrokerID, IncarnationID: r.IncarnationID, Rack: r.Rack, Fenced: true,
	}
	if image.Features().MetadataVersion() >= metadata.DirectoriesFrom {
		record.LogDirs = r.LogDirs
	}
	if r.Rack != nil && *r.Rack == "" {
		record.Rack = nil
	}
	for _, l := range r.Listeners {
		record.EndPoints = append(record.EndPoints, mr.RegisterBrokerRecordBrokerEndpoint(l))
	}
	for _, f := range r.Features {
		record.Features = append(record.Features, mr.RegisterBrokerRecordBrokerFeature(f))
	}
	return record
}

// unregisterBroker answers UnregisterBroker, version 0.
func (c *Core) unregisterBroker(e Env, _ Request, r *protocol.UnregisterBrokerRequest) ([]Record, *protocol.UnregisterBrokerResponse) {
	resp := protocol.New[protocol.UnregisterBrokerResponse]()
	b := e.Image.Broker(r.BrokerID)
	if b == nil {
		f := fail(protocol.ErrBrokerIDNotRegistered, fmt.Sprintf("Broker ID %d is not currently registered", r.BrokerID))
		resp.ErrorCode, resp.ErrorMessage = f.code.Code(), f.message()
		return nil, resp
	}
	records := c.shiftRecords(e.Image, shift{remove: b.ID, add: noBroker, unclean: noBroker}, inISR(b.ID))
	delete(c.brokers, b.ID)
	return append(records, &mr.UnregisterBrokerRecord{BrokerID: b.ID, BrokerEpoch: b.Epoch}), resp
}
