package kraft

// Effects are what the engine does after a step, in the order of the fields. State and Truncate
// are durable before a call or a reply leaves the node. Append need not be: Flushed reports when
// it is.
type Effects struct {
	// State is the new content of quorum-state, nil for no change.
	State *State
	// Truncate cuts the log at an offset, nil for no change.
	Truncate *int64
	// Append are batches for the end of the log.
	Append []Batch
	// Chunk is a piece of a snapshot that is fetched.
	Chunk *Chunk
	// Calls are the requests to other nodes.
	Calls []Call
	// Replies are the answers to requests.
	Replies []Reply
	// Committed says that the high watermark has risen, to HighWatermark.
	Committed     bool
	HighWatermark int64
	// Role says that the leader, the epoch, the voters or this node's role has changed: see
	// Node.Status.
	Role bool
	// Refused says that a Propose was void.
	Refused bool
	// Fault says that the node has stopped for good, because its log contradicts what the quorum
	// has committed. Committed records were lost or changed.
	Fault error
}

// Chunk is a piece of a snapshot's file. The engine writes it at Position, and the first one
// creates the file. When it is the Last one, the engine makes the file durable, replaces the
// whole log by it and sends SnapshotFetched or SnapshotFailed, which is the next event of the
// node. The pieces are no record batches: a batch may be in two of them.
type Chunk struct {
	ID       Position
	Position int64
	Bytes    []byte
	Last     bool
}

// Call is a request to another node.
type Call struct {
	// ID is the number of the call. Its Answer carries it back. Numbers are never used twice.
	ID uint64
	// To is the node id. It is below None for a bootstrap server, whose node id is unknown.
	To        int32
	Endpoints []Endpoint
	Body      RequestBody
}

// Reply answers a [Request].
type Reply struct {
	ID   uint64
	Body ResponseBody
}
