package main

import "github.com/gregorhq/gregor/test/planted/plant"

// bugs is the table of planted bugs.
var bugs = []plant.Bug{
	{
		Name:  "durable-is-the-end",
		What:  "a follower reports its log end as durable",
		Edits: []plant.Edit{{"internal/replication/disk_sync.go", "at.Durable = p.log.RecoveryPoint()", "at.Durable = p.log.LogEndOffset()"}},
		Finds: "^durable: ",
	},
	{
		Name:  "leader-ignores-durable",
		What:  "the leader counts records that are not on the follower's disk",
		Edits: []plant.Edit{{"internal/replication/fetch_followers.go", "ev.Unsynced = max(x.Offset-x.FollowerDurable, 0)", "ev.Unsynced = 0"}},
		Finds: "^lost: |^isr: |^copies: ",
	},
	{
		Name: "leader-does-not-sync",
		What: "the leader neither counts nor acknowledges by its disk",
		Edits: []plant.Edit{{"internal/replication/append.go", "a.syncing = a.req.Acks == AcksAll && !cfg.WriteCaching", "a.syncing = false"},
			{"internal/replication/disk_sync.go", "return max(end-p.log.RecoveryPoint(), 0)", "return 0"}},
		Finds: "^lost: |^isr: ",
	},
	{
		Name:  "leader-counts-unsynced",
		What:  "the leader counts its own records before they are on its disk",
		Edits: []plant.Edit{{"internal/replication/append.go", "fx = p.step(replica.Appended{EndOffset: end, Unsynced: p.unsynced(end)})", "fx = p.step(replica.Appended{EndOffset: end})"}},
		Finds: "^isr: |^lost: |^copies: ",
	},
	{
		Name:  "ack-without-followers",
		What:  "acks=all does not wait for the high watermark",
		Edits: []plant.Edit{{"internal/replication/append.go", "			a.replicating = true", "			a.replicating = false"}},
		Finds: "^lost: |^isr: ",
	},
	{
		Name:  "no-truncation",
		What:  "a follower ignores the diverging epoch",
		Edits: []plant.Edit{{"internal/fetcher/answer.go", "d.Epoch >= 0 && d.EndOffset >= 0 {", "d.Epoch >= 1<<30 {"}},
		Finds: "^isr: |^copies: |^liveness: |^lost: |^read: ",
	},
	{
		Name:  "diverged-follower-counts",
		What:  "the leader counts a fetch from a log that differs",
		Edits: []plant.Edit{{"internal/replication/fetch_followers.go", "if end.Epoch < 0 || end.Offset < 0 || replica.Diverged(x.LastFetchedEpoch, x.Offset, end.Epoch, end.Offset) {\n\t\t\treturn replica.Effects{}", "if end.Epoch < 0 {\n\t\t\treturn replica.Effects{}"}},
		Finds: "^lost: |^isr: |^copies: |^watermark: ",
	},
	{
		Name:  "no-last-epoch",
		What:  "a follower does not name the epoch of its last record",
		Edits: []plant.Edit{{"internal/replication/disk_sync.go", "at.LastEpoch = epoch", "at.LastEpoch = min(epoch, -1)"}},
		Finds: "^isr: |^copies: |^lost: |^liveness: ",
	},
	{
		Name:  "joins-behind",
		What:  "a follower joins the ISR below the high watermark",
		Edits: []plant.Edit{{"internal/replica/followers.go", "return f.endOffset >= r.highWatermark && f.endOffset >= r.epochStart", "return f.endOffset >= 0"}},
		Finds: "^lost: |^isr: |^copies: ",
	},
	{
		Name: "watermark-ignores-a-pending-member",
		What: "the high watermark does not wait for a follower that the controller may have added",
		Edits: []plant.Edit{{"internal/replica/replica.go", "if r.isr.Maximal(f.id) || r.inSync(f, nowMs) {", "if slices.Contains(r.isr.Committed(), f.id) {"},
			{"internal/replica/replica.go", "import \"math\"", "import (\n\t\"math\"\n\t\"slices\"\n)"}},
		Finds: "^lost: |^isr: |^copies: ",
	},
	{
		Name:  "no-broker-epoch",
		What:  "a request for another ISR has no broker epochs, so that a follower with an empty disk joins",
		Edits: []plant.Edit{{"internal/replica/alter.go", "m.Epoch = r.followers[i].brokerEpoch", "m.Epoch = -1"}},
		Finds: "^lost: |^isr: |^copies: ",
	},
	{
		Name:  "watermark-is-the-end",
		What:  "a restart takes the log end for the high watermark",
		Edits: []plant.Edit{{"internal/replication/delta.go", "HighWatermark: log.InitialHighWatermark,", "HighWatermark: log.LogEndOffset(),"}},
		Finds: "^watermark: |^copies: ",
	},
	{
		Name:  "follower-trusts-the-leaders-watermark",
		What:  "a follower takes the leader's high watermark before it truncates",
		Edits: []plant.Edit{{"internal/replication/following_change.go", "	if hw := p.log.HighWatermark(); offset < hw {", "	p.step(replica.FollowerAppended{EndOffset: p.log.LogEndOffset(), LeaderHighWatermark: 1 << 40})\n	if hw := p.log.HighWatermark(); offset < hw {"}},
		Finds: "^watermark: |^copies: ",
	},
	{
		Name:  "epochs-stay",
		What:  "a truncation at the log end leaves the leader epochs (KAFKA-10706)",
		Edits: []plant.Edit{{"storage/truncate.go", "	l.epochs.TruncateFromEnd(l.end.Load())\n	if err := l.nameFirst()", "	if err := l.nameFirst()"}},
		Finds: "^liveness: ",
	},
	{
		Name:  "no-restart",
		What:  "a follower below the leader's log start asks again for the same offset",
		Edits: []plant.Edit{{"internal/fetcher/query.go", "case offset > p.at.End:", "case offset > 1<<60:"}},
		Finds: "^liveness: |^lost: ",
	},
	{
		Name:  "log-start-stays",
		What:  "a follower ignores the leader's log start offset",
		Edits: []plant.Edit{{"internal/replication/following_change.go", "if a.LogStartOffset > p.log.LogStartOffset() {", "if a.LogStartOffset > 1<<60 {"}},
		Finds: "^start: |^liveness: ",
	},
	{
		Name:  "log-begins-inside-a-batch",
		What:  "a log that begins inside a batch of the leader does not take the batch",
		Edits: []plant.Edit{{"internal/replication/following_change.go", "p.log.LogStartOffset() != end ||", "p.log.LogStartOffset() >= 0 ||"}},
		Finds: "^liveness: |^lost: ",
	},
	{
		Name:  "session-goes-on",
		What:  "a follower continues a session that the leader does not have",
		Edits: []plant.Edit{{"internal/fetcher/answer.go", "	if r.ErrorCode != 0 {\n		f.session.renew(protocol.Error(r.ErrorCode) != protocol.ErrFetchSessionIDNotFound)", "	if r.ErrorCode != 0 {"}},
		Finds: "^liveness: ",
	},
	{
		Name:  "stopped-for-good",
		What:  "a partition that the leader fenced is not fetched in the next leader epoch",
		Edits: []plant.Edit{{"internal/fetcher/fetcher.go", "p.name, p.epoch, p.throttled, p.removed, p.state, p.failures = a.Name, a.LeaderEpoch, a.Throttled, false, fetching, 0", "p.name, p.epoch, p.throttled, p.removed, p.failures = a.Name, a.LeaderEpoch, a.Throttled, false, 0"}},
		Finds: "^liveness: ",
	},
}
