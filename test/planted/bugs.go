package main

// bugs is the table of planted bugs: at least one for every invariant that one node can break.
var bugs = []bug{
	{
		name:  "acks-without-sync",
		what:  "acks=all is answered without waiting for the sync of the group",
		edits: []edit{{"internal/replication/append_acks.go", "r.m.logs.AwaitSync(a.p.log, a.end(), r)", "a.end() > 0 || r.m.logs.AwaitSync(a.p.log, a.end(), r)"}, {"internal/replication/append_acks.go", "if a.p.log.RecoveryPoint() < a.end() {", "if a.p.log.RecoveryPoint() < a.end() && a.end() < 0 {"}},
		finds: "^lost: |^offsets: |^idempotence: ",
	},
	{
		name:  "sync-of-nothing",
		what:  "the group commit raises recovery points without syncfs",
		edits: []edit{{"internal/logmanager/commit.go", "if err := d.mount.SyncFS(); err != nil {", "if err := error(nil); err != nil {"}},
		finds: "^lost: |^offsets: |^idempotence: |^compaction: |^corrupt: ",
	},
	{
		name:  "metadata-without-sync",
		what:  "the metadata log answers before its sync",
		edits: []edit{{"internal/quorum/metalog.go", "return m.log.Sync(m.log.LogEndOffset())", "return nil"}},
		finds: "^topics: |^configs: |^start: |^quorum: |^producer ids: |^leader epoch: |^lost: |^liveness: |^groups: ",
	},
	{
		name:  "delete-records-in-memory",
		what:  "DeleteRecords is answered before the log start offset is on disk",
		edits: []edit{{"internal/replication/delete_records.go", "	m.logs.CheckpointStartOffsets(dirsOf(parts)...)\n", "	dirsOf(parts)\n"}, {"internal/replication/delete_records.go", "x.Err == protocol.ErrNone && !m.logs.StartOffsetSaved(x.p.log, x.Offset)", "x.Err == protocol.ErrNone && x.Offset < 0"}},
		finds: "^log start: ",
	},
	{
		name:  "start-offsets-forgotten",
		what:  "logs open without the log start offsets of the checkpoint",
		edits: []edit{{"internal/logmanager/aside_offsets.go", "o.LogStartOffset = max(at[startOffsets], 0)", "o.LogStartOffset = 0"}},
		finds: "^log start: ",
	},
	{
		name:  "zombie-commit",
		what:  "OffsetCommit accepts every generation",
		edits: []edit{{"internal/group/offset_commit.go", "		if generation != g.generation {\n			return protocol.ErrIllegalGeneration\n		}\n", ""}, {"internal/group/offset_commit.go", "	if g.state == CompletingRebalance {", "	if g.state == CompletingRebalance && generation < -1 {"}},
		finds: "^commits: ",
	},
	{
		name:  "commit-before-the-log",
		what:  "coordinators answer before their records are committed",
		edits: []edit{{"internal/coordinator/park.go", "	if at <= p.committed {", "	if at <= p.decided {"}},
		finds: "^commits: |^groups: ",
	},
	{
		name:  "one-assignment-for-all",
		what:  "SyncGroup gives each member the leader's partitions",
		edits: []edit{{"internal/group/sync.go", "		m.assignment = assignment[m.id]", "		m.assignment = assignment[req.MemberID]"}},
		finds: "^groups: generation",
	},
	{
		name:  "generation-forgotten",
		what:  "a loaded group begins at generation 0",
		edits: []edit{{"internal/group/replay.go", "g.generation, g.protocolType, g.protocol = v.Generation,", "g.generation, g.protocolType, g.protocol = 0,"}},
		finds: "^groups: |^liveness: ",
	},
	{
		name:  "producer-ids-again",
		what:  "the controller gives the same block of producer ids out again",
		edits: []edit{{"internal/controller/producerids.go", "NextProducerID: first + producerIDBlock}", "NextProducerID: first}"}},
		finds: "^producer ids: ",
	},
	{
		name:  "answer-before-publication",
		what:  "CreateTopics is answered before this node has published the topic",
		edits: []edit{{"internal/broker/controller_channel.go", "c.n.publications.then(func() { done(resp) })", "done(resp)"}},
		finds: "^topics: ",
	},
	{
		name:  "configs-not-in-snapshots",
		what:  "metadata snapshots leave out configurations",
		edits: []edit{{"internal/metadata/snapshot.go", "m.topicRecords(), m.configRecords(),", "m.topicRecords(),"}},
		finds: "^configs: |^lost: |^compaction: |^log start: ",
	},
	{
		name:  "retention-too-early",
		what:  "retention by time counts from half of retention.ms",
		edits: []edit{{"storage/retention.go", "return l.tooOld(v, nowMs, nowMs-c.RetentionMs)", "return l.tooOld(v, nowMs, nowMs-c.RetentionMs/2)"}},
		finds: "^lost: .* nothing allowed its deletion",
	},
	{
		name:  "compaction-keeps-the-first",
		what:  "the cleaner's map keeps the first offset of a key instead of the last",
		edits: []edit{{"storage/internal/compact/map.go", "	*s = mapSlot{h1: h1, h2: h2, end: offset + 1}", "	if s.end == 0 {\n		*s = mapSlot{h1: h1, h2: h2, end: offset + 1}\n	}"}},
		finds: "^compaction: ",
	},
	{
		name:  "no-descriptor-is-a-dead-disk",
		what:  "a lack of file descriptors takes the log directory offline",
		edits: []edit{{"storage/errors.go", "	case OutOfDescriptors(err):\n		return ClassRetry\n", "	case OutOfDescriptors(err):\n		return ClassDisk\n"}},
		finds: "^configs: |^liveness: |^start: |^stop: |^log directories: |^errors: ",
	},
	{
		name:  "deleted-logs-stay-open",
		what:  "a stop leaves the files of deleted logs open",
		edits: []edit{{"internal/logmanager/stop.go", "	m.closeDeleted()\n", ""}},
		finds: "^resources: ",
	},
	{
		name:  "fetch-skips",
		what:  "a fetch begins one offset late",
		edits: []edit{{"internal/replication/fetch.go", "res, err := log.Read(x.Offset, ", "res, err := log.Read(min(x.Offset+1, below-1), "}},
		finds: "^contiguity: |^lost: |^liveness: |^compaction: ",
	},
	{
		name:  "recovery-skipped",
		what:  "every stop counts as clean, so that logs are not recovered",
		edits: []edit{{"internal/logmanager/load.go", "CleanShutdown: f.dir.clean && !f.back,", "CleanShutdown: true,"}},
		finds: "^corrupt: |^lost: |^idempotence: |^errors: |^liveness: |^offsets: |^start: |^compaction: ",
	},
	{
		name:  "duplicates-accepted",
		what:  "a batch that an idempotent producer repeats is appended again",
		edits: []edit{{"storage/append.go", "		if duplicate {", "		if duplicate && info.NumRecords < 0 {"}},
		finds: "^idempotence: ",
	},
	{
		name:  "clean-stop-without-sync",
		what:  "a clean stop closes logs without a sync and leaves the marker",
		edits: []edit{{"internal/logmanager/stop.go", "if err := d.mount.SyncFS(); err != nil {", "if err := error(nil); err != nil {"}},
		finds: "^lost: |^idempotence: |^offsets: |^errors: |^corrupt: |^compaction: |^liveness: |^start: ",
	},
}
