package main

import "github.com/gregorhq/gregor/test/planted/plant"

// bugs is the table of planted bugs: at least one for every invariant that one node can break.
var bugs = []plant.Bug{
	{
		Name:  "acks-without-sync",
		What:  "acks=all is answered without waiting for the sync of the group",
		Edits: []plant.Edit{{"internal/replication/append_acks.go", "r.m.logs.AwaitSync(a.p.log, a.end(), r)", "a.end() > 0 || r.m.logs.AwaitSync(a.p.log, a.end(), r)"}, {"internal/replication/append_acks.go", "if a.p.log.RecoveryPoint() < a.end() {", "if a.p.log.RecoveryPoint() < a.end() && a.end() < 0 {"}},
		Finds: "^lost: |^offsets: |^idempotence: ",
	},
	{
		Name:  "sync-of-nothing",
		What:  "the group commit raises recovery points without syncfs",
		Edits: []plant.Edit{{"internal/logmanager/commit.go", "if err := d.mount.SyncFS(); err != nil {", "if err := error(nil); err != nil {"}},
		Finds: "^errors: auditor gets CORRUPT_MESSAGE|^lost: |^offsets: |^idempotence: |^compaction: |^corrupt: ",
	},
	{
		Name:  "metadata-without-sync",
		What:  "the metadata log answers before its sync",
		Edits: []plant.Edit{{"internal/quorum/ready.go", "if !e.settled(e.store.log.Sync(e.store.log.LogEndOffset())) {", "if !e.settled(nil) {"}},
		Finds: "^topics: |^configs: |^start: |^quorum: |^producer ids: |^leader epoch: |^lost: |^liveness: |^groups: ",
	},
	{
		Name:  "delete-records-in-memory",
		What:  "DeleteRecords is answered before the log start offset is on disk",
		Edits: []plant.Edit{{"internal/replication/delete_records.go", "	m.logs.CheckpointStartOffsets(dirsOf(parts)...)\n", "	dirsOf(parts)\n"}, {"internal/replication/delete_records.go", "x.Err == protocol.ErrNone && !m.logs.StartOffsetSaved(x.p.log, x.Offset)", "x.Err == protocol.ErrNone && x.Offset < 0"}},
		Finds: "^log start: ",
	},
	{
		Name:  "start-offsets-forgotten",
		What:  "logs open without the log start offsets of the checkpoint",
		Edits: []plant.Edit{{"internal/logmanager/aside_offsets.go", "o.LogStartOffset = max(at[startOffsets], 0)", "o.LogStartOffset = 0"}},
		Finds: "^log start: ",
	},
	{
		Name:  "zombie-commit",
		What:  "OffsetCommit accepts every generation",
		Edits: []plant.Edit{{"internal/group/offset_commit.go", "		if generation != g.generation {\n			return protocol.ErrIllegalGeneration\n		}\n", ""}, {"internal/group/offset_commit.go", "	if g.state == CompletingRebalance {", "	if g.state == CompletingRebalance && generation < -1 {"}},
		Finds: "^commits: ",
	},
	{
		Name:  "commit-before-the-log",
		What:  "coordinators answer before their records are committed",
		Edits: []plant.Edit{{"internal/coordinator/park.go", "	if at <= p.committed {", "	if at <= p.decided {"}},
		Finds: "^commits: |^groups: ",
	},
	{
		Name:  "one-assignment-for-all",
		What:  "SyncGroup gives each member the leader's partitions",
		Edits: []plant.Edit{{"internal/group/sync.go", "		m.assignment = assignment[m.id]", "		m.assignment = assignment[req.MemberID]"}},
		Finds: "^groups: generation",
	},
	{
		Name:  "generation-forgotten",
		What:  "a loaded group begins at generation 0",
		Edits: []plant.Edit{{"internal/group/replay.go", "g.generation, g.protocolType, g.protocol = v.Generation,", "g.generation, g.protocolType, g.protocol = 0,"}},
		Finds: "^groups: |^liveness: ",
	},
	{
		Name:  "producer-ids-again",
		What:  "the controller gives the same block of producer ids out again",
		Edits: []plant.Edit{{"internal/controller/producerids.go", "NextProducerID: first + producerIDBlock}", "NextProducerID: first}"}},
		Finds: "^producer ids: ",
	},
	{
		Name:  "answer-before-publication",
		What:  "CreateTopics is answered before this node has published the topic",
		Edits: []plant.Edit{{"internal/broker/controller_channel.go", "c.n.publications.then(func() { done(resp) })", "done(resp)"}},
		Finds: "^topics: ",
	},
	{
		Name:  "configs-not-in-snapshots",
		What:  "metadata snapshots leave out configurations",
		Edits: []plant.Edit{{"internal/metadata/snapshot.go", "m.topicRecords(), m.configRecords(),", "m.topicRecords(),"}},
		Finds: "^configs: |^lost: |^compaction: |^log start: ",
	},
	{
		Name:  "retention-too-early",
		What:  "retention by time counts from half of retention.ms",
		Edits: []plant.Edit{{"storage/retention.go", "return l.tooOld(v, nowMs, nowMs-c.RetentionMs)", "return l.tooOld(v, nowMs, nowMs-c.RetentionMs/2)"}},
		Finds: "^lost: .* nothing allowed its deletion",
	},
	{
		Name:  "compaction-keeps-the-first",
		What:  "the cleaner's map keeps the first offset of a key instead of the last",
		Edits: []plant.Edit{{"storage/internal/compact/map.go", "	*s = mapSlot{h1: h1, h2: h2, end: offset + 1}", "	if s.end == 0 {\n		*s = mapSlot{h1: h1, h2: h2, end: offset + 1}\n	}"}},
		Finds: "^compaction: ",
	},
	{
		Name:  "no-descriptor-is-a-dead-disk",
		What:  "a lack of file descriptors takes the log directory offline",
		Edits: []plant.Edit{{"storage/errors.go", "	case OutOfDescriptors(err):\n		return ClassRetry\n", "	case OutOfDescriptors(err):\n		return ClassDisk\n"}},
		Finds: "^configs: |^liveness: |^start: |^stop: |^log directories: |^errors: ",
	},
	{
		Name:  "deleted-logs-stay-open",
		What:  "a stop leaves the files of deleted logs open",
		Edits: []plant.Edit{{"internal/logmanager/stop.go", "	m.closeDeleted()\n", ""}},
		Finds: "^resources: ",
	},
	{
		Name:  "fetch-skips",
		What:  "a fetch begins one offset late",
		Edits: []plant.Edit{{"internal/replication/fetch.go", "res, err := log.Read(x.Offset, ", "res, err := log.Read(min(x.Offset+1, below-1), "}},
		Finds: "^contiguity: |^lost: |^liveness: |^compaction: ",
	},
	{
		Name:  "recovery-skipped",
		What:  "every stop counts as clean, so that logs are not recovered",
		Edits: []plant.Edit{{"internal/logmanager/load.go", "CleanShutdown: f.dir.clean && !f.back,", "CleanShutdown: true,"}},
		Finds: "^corrupt: |^lost: |^idempotence: |^errors: |^liveness: |^offsets: |^start: |^compaction: ",
	},
	{
		Name:  "duplicates-accepted",
		What:  "a batch that an idempotent producer repeats is appended again",
		Edits: []plant.Edit{{"storage/append.go", "		if duplicate {", "		if duplicate && info.NumRecords < 0 {"}},
		Finds: "^idempotence: ",
	},
	{
		Name:  "clean-stop-without-sync",
		What:  "a clean stop closes logs without a sync and leaves the marker",
		Edits: []plant.Edit{{"internal/logmanager/stop.go", "if err := d.mount.SyncFS(); err != nil {", "if err := error(nil); err != nil {"}},
		Finds: "^lost: |^idempotence: |^offsets: |^errors: |^corrupt: |^compaction: |^liveness: |^start: ",
	},
}
