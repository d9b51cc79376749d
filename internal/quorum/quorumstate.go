package quorum

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/kraft"
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

// neverVoted is the state of a node without a quorum-state file.
var neverVoted = quorumState{LeaderID: -1, VotedID: -1}

// errQuorumState means that the content of quorum-state cannot be right.
var errQuorumState = errors.New("quorum-state is damaged")

// readQuorumState reads the file. found is false without one. A file that cannot be parsed gives
// errQuorumState.
func readQuorumState(fsys vfs.FS, dir string) (s quorumState, found bool, err error) {
	data, err := vfs.ReadFile(fsys, filepath.Join(dir, quorumStateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return neverVoted, false, nil
	}
	if err != nil {
		return neverVoted, false, err
	}
	if s, err = parseQuorumState(data); err != nil {
		return neverVoted, true, fmt.Errorf("%w: %w", errQuorumState, err)
	}
	return s, true, nil
}

// settleQuorumState replaces a damaged quorum-state, or refuses it. The only voter needs no vote:
// its term continues at the last leader epoch of its log. A broker never votes. Any other
// controller that has forgotten its vote could vote twice in one epoch, for two leaders.
func (e *engine) settleQuorumState(voters kraft.Voters) error {
	last := int32(-1)
	if epochs := e.store.epochs(); len(epochs) > 0 {
		last = epochs[len(epochs)-1].Epoch
	}
	if e.savedErr == nil && e.savedFound && e.saved.LeaderEpoch < last {
		e.savedErr = fmt.Errorf("%w: its leaderEpoch is %d, and the log has records of epoch %d", errQuorumState, e.saved.LeaderEpoch, last)
	}
	switch {
	case e.savedErr == nil:
		return nil
	case !errors.Is(e.savedErr, errQuorumState):
		return e.savedErr
	case !e.o.Observer && len(voters.Without(e.o.NodeID)) > 0:
		return fmt.Errorf("%w: the vote of this node may be lost: put %s back from a copy; without a copy, move it away while the other voters have a leader, and start again",
			e.savedErr, filepath.Join(e.dir, quorumStateFile))
	}
	e.log.Warn("quorum-state is damaged and is written again: no other node depends on its vote; this node goes on behind the last leader epoch of its log", "epoch", last, "error", e.savedErr)
	e.saved, e.savedErr = neverVoted, nil
	return nil
}

func parseQuorumState(data []byte) (quorumState, error) {
	missing := int32(math.MinInt32)
	j := quorumStateJSON{LeaderID: missing, LeaderEpoch: missing, VotedID: missing, DataVersion: -1}
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
		return s, errors.New("a node id is missing or negative")
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
