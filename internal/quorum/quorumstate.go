package quorum

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// quorumState is the file quorum-state: the raft term as leader epoch, its leader, and this node's
// vote. It is written and synced before any message that depends on it leaves the node.
//
// data_version 0 (kraft.version 0) names the static voters, 1 (KIP-853) the directory id of the
// candidate voted for.
type quorumState struct {
	LeaderID         int32 // -1 when unknown
	LeaderEpoch      int32
	VotedID          int32 // -1 when this node has not voted in the epoch, or leads it
	VotedDirectoryID wire.UUID
}

type quorumStateJSON struct {
	ClusterID        *string        `json:"clusterId,omitempty"`
	LeaderID         int32          `json:"leaderId"`
	LeaderEpoch      int32          `json:"leaderEpoch"`
	VotedID          int32          `json:"votedId"`
	AppliedOffset    *int64         `json:"appliedOffset,omitempty"`
	CurrentVoters    []currentVoter `json:"currentVoters,omitempty"`
	VotedDirectoryID *string        `json:"votedDirectoryId,omitempty"`
	DataVersion      int16          `json:"data_version"`
}

type currentVoter struct {
	VoterID int32 `json:"voterId"`
}

// readQuorumState reads the file. Without a file the state is that of a node that has never voted.
func readQuorumState(fsys vfs.FS, dir string) (quorumState, error) {
	path := filepath.Join(dir, quorumStateFile)
	data, err := vfs.ReadFile(fsys, path)
	if errors.Is(err, fs.ErrNotExist) {
		return quorumState{LeaderID: -1, VotedID: -1}, nil
	}
	if err != nil {
		return quorumState{}, err
	}
	s, err := parseQuorumState(data)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func parseQuorumState(data []byte) (quorumState, error) {
	j := quorumStateJSON{LeaderID: -1, VotedID: -1, DataVersion: -1}
	if err := json.Unmarshal(data, &j); err != nil {
		return quorumState{}, err
	}
	s := quorumState{LeaderID: j.LeaderID, LeaderEpoch: j.LeaderEpoch, VotedID: j.VotedID}
	switch {
	case j.DataVersion != 0 && j.DataVersion != 1:
		return s, fmt.Errorf("data_version %d is not known", j.DataVersion)
	case j.LeaderEpoch < 0 || j.LeaderEpoch == math.MaxInt32:
		return s, fmt.Errorf("leaderEpoch %d is out of range", j.LeaderEpoch)
	case j.LeaderID < -1 || j.VotedID < -1:
		return s, errors.New("a node id is negative")
	}
	if j.VotedDirectoryID != nil {
		id, err := wire.ParseUUID(*j.VotedDirectoryID)
		if err != nil {
			return s, fmt.Errorf("votedDirectoryId: %w", err)
		}
		s.VotedDirectoryID = id
	}
	return s, nil
}

// write replaces the file. The new state is durable when it returns.
func (s quorumState) write(fsys vfs.FS, dir string, voters voterState) error {
	j := quorumStateJSON{LeaderID: s.LeaderID, LeaderEpoch: s.LeaderEpoch, VotedID: s.VotedID}
	if voters.dynamic() {
		id := s.VotedDirectoryID.String()
		j.VotedDirectoryID, j.DataVersion = &id, 1
	} else {
		j.ClusterID, j.AppliedOffset = new(string), new(int64)
		for _, v := range voters.Voters {
			j.CurrentVoters = append(j.CurrentVoters, currentVoter{v.ID})
		}
	}
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return vfs.WriteFileAtomic(fsys, filepath.Join(dir, quorumStateFile), data)
}
