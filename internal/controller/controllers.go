package controller

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// ControllerRegistration registers a controller's incarnation: its listeners and features.
var ControllerRegistration = declare(API[*protocol.ControllerRegistrationRequest, *protocol.ControllerRegistrationResponse]{
	decide: (*Core).registerController,
	fail: func(_ *protocol.ControllerRegistrationRequest, err protocol.Error) *protocol.ControllerRegistrationResponse {
		return controllerRegistrationAnswer(fail(err, err.Message()))
	},
})

// UnregisterController removes the registration of a controller.
var UnregisterController = declare(API[*protocol.UnregisterControllerRequest, *protocol.UnregisterControllerResponse]{
	decide: (*Core).unregisterController,
	fail: func(_ *protocol.UnregisterControllerRequest, err protocol.Error) *protocol.UnregisterControllerResponse {
		return unregisterControllerAnswer(fail(err, err.Message()))
	},
	published: true,
})

func unregisterControllerAnswer(f failure) *protocol.UnregisterControllerResponse {
	resp := protocol.New[protocol.UnregisterControllerResponse]()
	resp.ErrorCode, resp.ErrorMessage = f.code.Code(), f.message()
	return resp
}

// unregisterController answers UnregisterController, version 0.
func (c *Core) unregisterController(e Env, _ Request, r *protocol.UnregisterControllerRequest) ([]Record, *protocol.UnregisterControllerResponse) {
	if e.Image.Controller(r.ControllerID) == nil {
		return nil, unregisterControllerAnswer(fail(protocol.ErrControllerIDNotRegistered, fmt.Sprintf("Controller ID %d is not currently registered.", r.ControllerID)))
	}
	return []Record{&mr.UnregisterControllerRecord{ControllerID: r.ControllerID}}, unregisterControllerAnswer(failure{})
}

func controllerRegistrationAnswer(f failure) *protocol.ControllerRegistrationResponse {
	resp := protocol.New[protocol.ControllerRegistrationResponse]()
	resp.ErrorCode, resp.ErrorMessage = f.code.Code(), f.message()
	return resp
}

// registerController answers ControllerRegistration, version 0 (KIP-919).
func (c *Core) registerController(e Env, _ Request, r *protocol.ControllerRegistrationRequest) ([]Record, *protocol.ControllerRegistrationResponse) {
	if e.Image.Features().MetadataVersion() < metadata.ControllerRegistrationFrom {
		return nil, controllerRegistrationAnswer(fail(protocol.ErrUnsupportedVersion,
			"The current MetadataVersion is too old to support controller registrations."))
	}
	n := &metadata.ControllerNode{ID: r.ControllerID, IncarnationID: r.IncarnationID}
	for _, l := range r.Listeners {
		n.Endpoints = append(n.Endpoints, metadata.Endpoint(l))
	}
	for _, f := range r.Features {
		n.Features = append(n.Features, metadata.FeatureRange{Name: f.Name, Min: f.MinSupportedVersion, Max: f.MaxSupportedVersion})
	}
	return []Record{n.Record()}, controllerRegistrationAnswer(failure{})
}
