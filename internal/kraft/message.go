package kraft

import "github.com/gregorhq/gregor/internal/protocol"

// RequestBody is the content of a request, and ResponseBody that of its answer. They hold what
// Kafka's messages say about the one partition of the metadata log. The engine translates them, and
// it answers a wrong cluster id, topic or partition by itself.
type RequestBody interface{ request() }

// ResponseBody is the content of an answer.
type ResponseBody interface{ failed() protocol.Error }

// Leader is what an answer says about the leader of an epoch. ID is None when it is unknown.
type Leader struct {
	ID        int32
	Epoch     int32
	Endpoints []Endpoint
}

// VoteRequest asks for a vote, or with PreVote whether the node would get one. Epoch is the epoch
// in which the candidate stands. A pre-vote has the candidate's present epoch.
type VoteRequest struct {
	Epoch     int32
	Candidate Key
	// Voter is the replica that is asked. Its ID is None in versions before KIP-853.
	Voter   Key
	Last    Position
	PreVote bool
}

// VoteResponse answers a VoteRequest.
type VoteResponse struct {
	Err     protocol.Error
	Leader  Leader
	Granted bool
}

// BeginQuorumEpochRequest says that Leader leads in its epoch.
type BeginQuorumEpochRequest struct {
	Leader Leader
	// Voter is the replica that the request is for. Its ID is None in versions before KIP-853.
	Voter Key
}

// BeginQuorumEpochResponse answers a BeginQuorumEpochRequest.
type BeginQuorumEpochResponse struct {
	Err    protocol.Error
	Leader Leader
}

// EndQuorumEpochRequest says that Leader has given up its epoch. Successors are the voters that
// should stand, the one with the longest log first.
type EndQuorumEpochRequest struct {
	Leader     Leader
	Successors []Key
}

// EndQuorumEpochResponse answers an EndQuorumEpochRequest.
type EndQuorumEpochResponse struct {
	Err    protocol.Error
	Leader Leader
}

// FetchRequest asks for batches from At.Offset on. At.Epoch is the epoch of the record before it.
type FetchRequest struct {
	// Replica is the node that asks. Its ID is None for a consumer, which may only read below the
	// high watermark.
	Replica Key
	// Epoch is the epoch in which Replica follows, or -1 when it looks for the leader.
	Epoch int32
	At    Position
	// HighWatermark is the one that Replica knows, -1 for none (KIP-1166). The leader answers at
	// once when its own is higher. math.MaxInt64 stands for a request without the field: the leader
	// then waits for new records only.
	HighWatermark int64
	MaxWaitMs     int32
	MaxBytes      int32
}

// FetchResponse answers a FetchRequest.
type FetchResponse struct {
	Err           protocol.Error
	Leader        Leader
	HighWatermark int64
	LogStart      int64
	// Diverging is set when the log of the replica differs from the leader's: Diverging.Epoch is
	// the leader's largest epoch that is not above that of the request, and Diverging.Offset is its
	// end.
	Diverging *Position
	// Snapshot is set when the replica must fetch this snapshot first.
	Snapshot *Position
	// Range is set by a leader that answers: the engine reads the batches into Records. Batches are
	// those that a follower got, made from Records by its engine.
	Range   *Range
	Records []byte
	Batches []Batch
}

// Range is a part of the log: the batches from From on and below Below, MaxBytes of them at most,
// but at least one.
type Range struct {
	From, Below int64
	MaxBytes    int32
}

// FetchSnapshotRequest asks for the bytes of a snapshot from Position on.
type FetchSnapshotRequest struct {
	Replica  Key
	Epoch    int32
	ID       Position
	Position int64
	MaxBytes int32
}

// FetchSnapshotResponse answers a FetchSnapshotRequest. The engine of a leader that answers without
// an error reads the bytes and sets Size and Bytes, or it sets Err to SNAPSHOT_NOT_FOUND or
// POSITION_OUT_OF_RANGE.
type FetchSnapshotResponse struct {
	Err      protocol.Error
	Leader   Leader
	ID       Position
	Size     int64
	Position int64
	MaxBytes int32
	Bytes    []byte
}

// AddVoterRequest asks the leader to add a voter (KIP-853). The leader asks the voter itself for
// the versions in Voter.
type AddVoterRequest struct {
	Voter Voter
	// TimeoutMs is the time that the sender waits. The leader waits for RequestTimeout.
	TimeoutMs int32
	// AckEarly answers when the voters are appended. It is for a controller that adds itself.
	AckEarly bool
}

// RemoveVoterRequest asks the leader to remove a voter.
type RemoveVoterRequest struct{ Voter Key }

// UpdateVoterRequest has the endpoints and versions of a voter. The voter sends it to the leader.
type UpdateVoterRequest struct {
	Epoch int32
	Voter Voter
}

// UpgradeVersionRequest raises kraft.version. It comes from UpdateFeatures.
type UpgradeVersionRequest struct{ Version int16 }

// VersionsRequest asks a node for the levels of kraft.version that it supports (ApiVersions).
type VersionsRequest struct{}

// VersionsResponse answers a VersionsRequest.
type VersionsResponse struct {
	Err                    protocol.Error
	MinVersion, MaxVersion int16
}

// VotersResponse answers the requests that change the voters. Message is the text of the error.
type VotersResponse struct {
	Err     protocol.Error
	Message string
	Leader  Leader
}

func (*VoteRequest) request()                              {}
func (*BeginQuorumEpochRequest) request()                  {}
func (*EndQuorumEpochRequest) request()                    {}
func (*FetchRequest) request()                             {}
func (*FetchSnapshotRequest) request()                     {}
func (*AddVoterRequest) request()                          {}
func (*RemoveVoterRequest) request()                       {}
func (*UpdateVoterRequest) request()                       {}
func (*UpgradeVersionRequest) request()                    {}
func (*VersionsRequest) request()                          {}
func (r *VoteResponse) failed() protocol.Error             { return r.Err }
func (r *BeginQuorumEpochResponse) failed() protocol.Error { return r.Err }
func (r *EndQuorumEpochResponse) failed() protocol.Error   { return r.Err }
func (r *FetchResponse) failed() protocol.Error            { return r.Err }
func (r *FetchSnapshotResponse) failed() protocol.Error    { return r.Err }
func (r *VotersResponse) failed() protocol.Error           { return r.Err }
func (r *VersionsResponse) failed() protocol.Error         { return r.Err }
