package controller

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// ControllerRegistration registers a controller's incarnation: its listeners and features.
var ControllerRegistration = declare(API[*protocol.ControllerRegistrationRequest, *protocol.ControllerRegistrationResponse]{
	decide: (*Core).registerController,
	fail: func(_ *protocol.ControllerRegistrationRequest, err protocol.Error) *protocol.ControllerRegistrationResponse {
		return controllerRegistrationAnswer(fail(err, err.Message()))
	},
})

func controllerRegistrationAnswer(f failure) *protocol.ControllerRegistrationResponse {
	resp := protocol.New[protocol.ControllerRegistrationResponse]()
	resp.ErrorCode, resp.ErrorMessage = f.code.Code(), f.message()
	return resp
}

// registerController answers ControllerRegistration, version 0 (KIP-919). A registration that the
// metadata has already is not written again.
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
	have := e.Image.Controller(n.ID)
	if have != nil && have.IncarnationID == n.IncarnationID && slices.Equal(have.Endpoints, n.Endpoints) && slices.Equal(have.Features, n.Features) {
		return nil, controllerRegistrationAnswer(failure{})
	}
	return []Record{n.Record()}, controllerRegistrationAnswer(failure{})
}
