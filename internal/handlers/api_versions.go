package handlers

// ApiVersions (key 18), versions 0-5.
//
// v3: client software name and version, flexible, features (KIP-482, KIP-511, KIP-584). v4:
// features with minimum level 0 (KIP-1022). v5: the client names the cluster and the node that it
// expects (KIP-1242). The answer to an unknown version has version 0, UNSUPPORTED_VERSION and the
// range of ApiVersions only. The response header always has version 0, since the client does not
// know the broker's versions yet. The answer comes from the registry: it lists only APIs that are
// served.
//
// Deviation: features whose APIs are not served (group.version, share.version, streams.version and
// transaction.version) are not listed, and a new cluster does not finalize them.
//
// Deviation: a controller listener also checks the cluster and the node that a client names (v5),
// so that a node never talks to another one at a reused address. Apache Kafka's controllers ignore
// the names.

import (
	"regexp"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Feature is a feature flag: the levels this broker supports and the level that is finalized in the
// cluster.
type Feature struct {
	Name               string
	MinLevel, MaxLevel int16
	Finalized          bool
	FinalizedLevel     int16
}

// APIVersionsSource has what ApiVersions answers besides the table.
type APIVersionsSource interface {
	// Features returns the feature flags and the epoch (metadata offset) that the finalized levels
	// were read at.
	Features() (features []Feature, epoch int64)
	ClusterID() string
	NodeID() int32
}

var softwareName = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$`)

var _ = declare(func(e Engines) API { return APIVersions(e.Registry, e.Versions) })

// APIVersions answers from the registry it is itself part of.
func APIVersions(r *Registry, src APIVersionsSource) API {
	return NewAPI(0, 5, func(c *Ctx, req *protocol.APIVersionsRequest) {
		resp := protocol.New[protocol.APIVersionsResponse]()
		if c.Version() >= 3 && (!softwareName.MatchString(req.ClientSoftwareName) || !softwareName.MatchString(req.ClientSoftwareVersion)) {
			resp.ErrorCode = int16(protocol.ErrInvalidRequest)
			c.Respond(resp)
			return
		}
		if c.Version() >= 5 {
			if err := checkExpected(req, src); err != protocol.ErrNone {
				resp.ErrorCode = err.Code()
				c.Respond(resp)
				return
			}
		}
		for _, a := range r.Served() {
			resp.APIKeys = append(resp.APIKeys, protocol.APIVersionsResponseAPIVersion{APIKey: a.Key, MinVersion: a.AdvertisedMin, MaxVersion: a.MaxVersion})
		}
		if c.Version() >= 3 {
			addFeatures(resp, src, c.Version())
		}
		c.Respond(resp)
	})
}

// checkExpected judges the cluster and node that the client meant to reach (KIP-1242): it names
// both, or neither as null and -1.
func checkExpected(req *protocol.APIVersionsRequest, src APIVersionsSource) protocol.Error {
	named := req.ClusterID != nil
	switch {
	case named != (req.NodeID != -1):
		return protocol.ErrInvalidRequest
	case named && (*req.ClusterID != src.ClusterID() || req.NodeID != src.NodeID()):
		return protocol.ErrRebootstrapRequired
	}
	return protocol.ErrNone
}

func addFeatures(resp *protocol.APIVersionsResponse, src APIVersionsSource, version int16) {
	features, epoch := src.Features()
	resp.FinalizedFeaturesEpoch = epoch
	for _, f := range features {
		// Before version 4 a minimum of 0 is not allowed, so such features are left out
		// (KAFKA-17492).
		if version < 4 && f.MinLevel == 0 {
			continue
		}
		resp.SupportedFeatures = append(resp.SupportedFeatures, protocol.APIVersionsResponseSupportedFeatureKey{Name: f.Name, MinVersion: f.MinLevel, MaxVersion: f.MaxLevel})
	}
	for _, f := range features {
		if f.Finalized {
			resp.FinalizedFeatures = append(resp.FinalizedFeatures, protocol.APIVersionsResponseFinalizedFeatureKey{Name: f.Name, MaxVersionLevel: f.FinalizedLevel, MinVersionLevel: f.FinalizedLevel})
		}
	}
}

func respondUnsupportedAPIVersions(x Exchange, a *API) {
	resp := protocol.New[protocol.APIVersionsResponse]()
	resp.ErrorCode = int16(protocol.ErrUnsupportedVersion)
	resp.APIKeys = []protocol.APIVersionsResponseAPIVersion{{APIKey: a.Key, MinVersion: a.MinVersion, MaxVersion: a.MaxVersion}}
	x.CountError(resp.ErrorCode, 1)
	_ = x.Respond(resp, 0) // it has no long strings
}
