package controlrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// VotersRecord is the Kafka message VotersRecord.
type VotersRecord struct {
	_       struct{}            `kafka:"versions=0,flexible=0+,data"`
	Version int16               `kafka:"0+"`
	Voters  []VotersRecordVoter `kafka:"0+"`
}

// VotersRecordVoter is part of VotersRecord.
type VotersRecordVoter struct {
	VoterID             int32                           `kafka:"0+"`
	VoterDirectoryID    wire.UUID                       `kafka:"0+"`
	Endpoints           []VotersRecordEndpoint          `kafka:"0+"`
	KraftVersionFeature VotersRecordKRaftVersionFeature `kafka:"0+"`
}

// VotersRecordEndpoint is part of VotersRecord.
type VotersRecordEndpoint struct {
	Name string `kafka:"0+"`
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// VotersRecordKRaftVersionFeature is part of VotersRecord.
type VotersRecordKRaftVersionFeature struct {
	MinSupportedVersion int16 `kafka:"0+"`
	MaxSupportedVersion int16 `kafka:"0+"`
}
