package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// versions asks for the levels of kraft.version that a node supports. ApiVersions lists features
// with the minimum 0 from version 4 on (KAFKA-17492).
func (t *Transport) versions() ask {
	m := protocol.New[protocol.APIVersionsRequest]()
	m.ClientSoftwareName, m.ClientSoftwareVersion = "gregor-raft", "1"
	return ask{message: m, min: 3, max: 4}
}

// versionsAnswered takes a node that does not list kraft.version for one that knows level 0 only.
func versionsAnswered(m *protocol.APIVersionsResponse) kraft.ResponseBody {
	r := &kraft.VersionsResponse{Err: protocol.Error(m.ErrorCode)}
	for _, f := range m.SupportedFeatures {
		if f.Name == metadata.FeatureKRaftVersion {
			r.MinVersion, r.MaxVersion = f.MinVersion, f.MaxVersion
		}
	}
	return r
}
