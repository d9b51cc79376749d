package quorum

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/controlrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// voterState is the content of the control records about the quorum: kraft.version, and from
// version 1 on the voter set (KIP-853).
type voterState struct {
	KRaftVersion int16
	Voters       []Voter
}

// dynamic reports whether the voter set is kept in the log rather than in controller.quorum.voters.
func (s voterState) dynamic() bool { return s.KRaftVersion >= 1 }

func encodeControl(m protocol.Message) ([]byte, error) {
	var w wire.Writer
	m.Encode(&w, 0)
	if err := w.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	return w.Buf, nil
}

// appendControl adds a control record to a control batch under construction.
func appendControl(b *record.Builder, t record.ControlType, m protocol.Message, nowMs int64) error {
	value, err := encodeControl(m)
	if err != nil {
		return err
	}
	return b.AppendControl(t, value, nowMs)
}

// appendVoterState adds the KRaftVersion and KRaftVoters records to a control batch under
// construction.
func appendVoterState(b *record.Builder, s voterState, nowMs int64) error {
	if !s.dynamic() {
		return nil
	}
	version := &controlrecord.KRaftVersionRecord{KraftVersion: s.KRaftVersion}
	if err := appendControl(b, record.ControlKRaftVersion, version, nowMs); err != nil {
		return err
	}
	return appendControl(b, record.ControlKRaftVoters, votersRecord(s.Voters), nowMs)
}

func votersRecord(voters []Voter) *controlrecord.VotersRecord {
	r := &controlrecord.VotersRecord{}
	for _, v := range voters {
		out := controlrecord.VotersRecordVoter{VoterID: v.ID, VoterDirectoryID: v.DirectoryID}
		for _, e := range v.Endpoints {
			out.Endpoints = append(out.Endpoints, controlrecord.VotersRecordEndpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		out.KraftVersionFeature.MaxSupportedVersion = 1
		r.Voters = append(r.Voters, out)
	}
	return r
}

// apply reads one control record. It ignores records that are not about voters.
func (s *voterState) apply(key, value []byte) error {
	_, kind, err := record.ParseControlKey(key)
	if err != nil {
		return err
	}
	switch kind {
	case record.ControlKRaftVersion:
		var m controlrecord.KRaftVersionRecord
		if err := m.Decode(value, 0); err != nil {
			return fmt.Errorf("KRaftVersion control record: %w", err)
		}
		s.KRaftVersion = m.KraftVersion
	case record.ControlKRaftVoters:
		var m controlrecord.VotersRecord
		if err := m.Decode(value, 0); err != nil {
			return fmt.Errorf("KRaftVoters control record: %w", err)
		}
		s.Voters = votersFrom(&m)
	}
	return nil
}

func votersFrom(m *controlrecord.VotersRecord) []Voter {
	voters := make([]Voter, 0, len(m.Voters))
	for _, v := range m.Voters {
		out := Voter{ID: v.VoterID, DirectoryID: v.VoterDirectoryID}
		for _, e := range v.Endpoints {
			out.Endpoints = append(out.Endpoints, metadata.Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		voters = append(voters, out)
	}
	return voters
}

// leaderChangeBatch returns the batch that stands on disk for a new leader's empty raft entry.
func leaderChangeBatch(leader int32, voters []Voter, offset, nowMs int64, epoch int32) record.Batch {
	m := &controlrecord.LeaderChangeMessage{LeaderID: leader}
	for _, v := range voters {
		m.Voters = append(m.Voters, controlrecord.LeaderChangeMessageVoter{VoterID: v.ID})
	}
	m.GrantingVoters = []controlrecord.LeaderChangeMessageVoter{{VoterID: leader}}
	value, err := encodeControl(m)
	if err != nil { // the message has no strings
		panic(err)
	}
	return record.ControlBatch(record.ControlLeaderChange, value, offset, nowMs, epoch)
}
