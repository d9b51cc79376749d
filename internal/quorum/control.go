package quorum

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/kraft"
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
	if len(s.Voters) == 0 {
		return nil // a node that was formatted without voters
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
		out.KraftVersionFeature.MinSupportedVersion, out.KraftVersionFeature.MaxSupportedVersion = v.MinVersion, v.MaxVersion
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
		out := Voter{ID: v.VoterID, DirectoryID: v.VoterDirectoryID,
			MinVersion: v.KraftVersionFeature.MinSupportedVersion, MaxVersion: v.KraftVersionFeature.MaxSupportedVersion}
		for _, e := range v.Endpoints {
			out.Endpoints = append(out.Endpoints, metadata.Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		voters = append(voters, out)
	}
	return voters
}

// parseControl reads one control record. Records that are not about the quorum are empty.
func parseControl(key, value []byte) (c kraft.Control, err error) {
	_, kind, err := record.ParseControlKey(key)
	if err != nil {
		return c, err
	}
	var state voterState
	if err := state.apply(key, value); err != nil {
		return c, err
	}
	switch kind {
	case record.ControlKRaftVersion:
		c.Version = &state.KRaftVersion
	case record.ControlKRaftVoters:
		c.Voters = state.kraftVoters()
	}
	return c, nil
}

// controlBatch encodes a batch that the core has made.
func controlBatch(in kraft.Batch, nowMs int64) (record.Batch, error) {
	b := record.NewBuilder(record.BuilderOptions{BaseOffset: in.Base, LeaderEpoch: in.Epoch, Control: true})
	for _, c := range in.Control {
		var err error
		switch {
		case c.Leader != nil:
			err = appendLeaderChange(b, c.Leader, nowMs)
		case c.Version != nil:
			err = appendControl(b, record.ControlKRaftVersion, &controlrecord.KRaftVersionRecord{KraftVersion: *c.Version}, nowMs)
		default:
			err = appendControl(b, record.ControlKRaftVoters, votersRecord(votersOf(c.Voters)), nowMs)
		}
		if err != nil {
			return nil, err
		}
	}
	return b.Bytes()
}

// appendLeaderChange adds the first record of a leader's epoch. It has version 0, without the
// directory ids of the voters: Kafka's tools up to 4.3 read every LeaderChange as that version.
func appendLeaderChange(b *record.Builder, c *kraft.LeaderChange, nowMs int64) error {
	m := &controlrecord.LeaderChangeMessage{LeaderID: c.Leader}
	for _, k := range c.Voters {
		m.Voters = append(m.Voters, controlrecord.LeaderChangeMessageVoter{VoterID: k.ID})
	}
	for _, k := range c.Granting {
		m.GrantingVoters = append(m.GrantingVoters, controlrecord.LeaderChangeMessageVoter{VoterID: k.ID})
	}
	value, err := encodeControl(m)
	if err != nil {
		return err
	}
	return b.AppendControl(record.ControlLeaderChange, value, nowMs)
}

// kraftVoters returns the voters in the form of the core.
func (s voterState) kraftVoters() (out kraft.Voters) {
	for _, v := range s.Voters {
		k := kraft.Voter{Key: kraft.Key{ID: v.ID, Directory: v.DirectoryID}, MinVersion: v.MinVersion, MaxVersion: v.MaxVersion}
		for _, e := range v.Endpoints {
			k.Endpoints = append(k.Endpoints, kraft.Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		out = out.With(k)
	}
	return out
}

// votersOf is the opposite of kraftVoters.
func votersOf(voters kraft.Voters) (out []Voter) {
	for _, k := range voters {
		v := Voter{ID: k.ID, DirectoryID: k.Directory, MinVersion: k.MinVersion, MaxVersion: k.MaxVersion}
		for _, e := range k.Endpoints {
			v.Endpoints = append(v.Endpoints, metadata.Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		out = append(out, v)
	}
	return out
}
