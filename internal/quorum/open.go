package quorum

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const (
	electionTicks  = 10
	heartbeatTicks = 1
)

// ErrNoVoters is the error of a directory that holds no voter set while none is configured.
var ErrNoVoters = errors.New("the metadata names no voters: the cluster was formatted for the static voters of controller.quorum.voters, " +
	"and that key is not set; set it again (NODE_ID@HOST:PORT of each controller)")

// Open reads the metadata log of a formatted directory, also one that Apache Kafka left. Nothing
// runs before Start.
func Open(o Options) (*Controller, error) {
	if o.Host == nil {
		o.Host = host.Real()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	c := &Controller{host: o.Host, jobs: host.NewGroup(o.Host)}
	c.loop = host.NewLoop(o.Host, c.step)
	e := &engine{c: c, o: o, set: settingsOf(o.Broker), log: o.Logger, fs: o.FS, dir: filepath.Join(o.Dir, Folder),
		lead: -1, host: o.Host, rand: random{o.Host}}
	c.engine = e
	e.elapsed = o.Host.Elapsed()
	e.readClock()
	e.snapshots.taken = e.elapsed
	e.core = controller.New(controller.Config{Broker: o.Broker, ClusterID: o.ClusterID,
		SessionTimeout: e.set.sessionTimeout, BalanceInterval: e.set.balanceInterval, UncleanInterval: e.set.uncleanInterval})
	if err := e.open(); err != nil {
		return nil, err
	}
	if err := e.startRaft(); err != nil {
		return nil, errors.Join(err, e.store.log.Close(false))
	}
	c.image.Store(e.replayed)
	c.stats.AppliedMs.Store(e.snapshots.lastMs)
	c.stats.SnapshotMs.Store(e.now.UnixMilli())
	if n := len(e.snapshots.kept); n > 0 {
		c.stats.SnapshotBytes.Store(e.snapshots.kept[n-1].size)
	}
	e.report()
	return c, nil
}

// open reads the snapshot, the log, the voters and the vote, in this order.
func (e *engine) open() error {
	if err := vfs.MakeDir(e.fs, e.dir); err != nil {
		return err
	}
	ids, left, err := listSnapshots(e.fs, e.dir)
	if err != nil {
		return err
	}
	e.load(ids)
	if err := e.readBootstrap(); err != nil {
		return err
	}
	e.saved, e.savedFound, e.savedErr = readQuorumState(e.fs, e.dir)
	check, err := e.checkLog()
	if err != nil {
		return err
	}
	if e.o.BeforeWrite != nil {
		if err := e.o.BeforeWrite(); err != nil {
			return err
		}
	}
	for _, name := range left {
		if err := e.fs.Remove(filepath.Join(e.dir, name)); err != nil {
			return err
		}
	}
	if err := e.repairTopicID(); err != nil {
		return err
	}
	if err := e.openLog(check); err != nil {
		return err
	}
	e.reportLost()
	if err := e.loadVoters(); err != nil {
		return errors.Join(err, e.store.log.Close(false))
	}
	if err := e.settleQuorumState(); err != nil {
		return errors.Join(err, e.store.log.Close(false))
	}
	return nil
}

// readBootstrap reads the bootstrap checkpoint: the voter set of kraft.version 1 and the first
// records. A damaged one stops only a cluster that has not written these records to its log, see
// checkBootstrap.
func (e *engine) readBootstrap() error {
	path := filepath.Join(e.dir, bootstrapID.fileName())
	if !vfs.Exists(e.fs, path) {
		path = filepath.Join(e.o.Dir, oldBootstrapFile)
	}
	if !vfs.Exists(e.fs, path) {
		e.bootstrap = defaultBootstrap(nil)
		return nil
	}
	c, _, err := readCheckpoint(e.fs, path, bootstrapID, func(r metadata.Record) error {
		e.bootstrap = append(e.bootstrap, r)
		return nil
	})
	if err != nil {
		if _, err := vfs.ReadFile(e.fs, path); err != nil {
			return err // the disk, not the content
		}
		e.bootstrap, e.bootstrapErr = defaultBootstrap(nil), err
		return nil
	}
	if _, ok := levelsOf(e.bootstrap)[metadata.FeatureMetadataVersion]; !ok {
		e.bootstrap = append(defaultBootstrap(nil), e.bootstrap...)
	}
	e.voters = c.voters
	return nil
}

// checkBootstrap decides about an unreadable bootstrap checkpoint. logged says that the log has
// metadata records: the first leader has copied the checkpoint's records to the log then.
func (e *engine) checkBootstrap(logged bool) error {
	switch {
	case e.bootstrapErr == nil:
		return nil
	case len(e.voters.Voters) == 0:
		return errors.Join(ErrNoVoters, e.bootstrapErr)
	case !logged && len(e.snapshots.kept) == 0:
		return fmt.Errorf("the bootstrap checkpoint cannot be read, and the metadata log does not have its records yet; the cluster has no data, so format %s again: %w", e.o.Dir, e.bootstrapErr)
	}
	e.log.Warn("the bootstrap checkpoint cannot be read and is not used: the metadata log has its records", "error", e.bootstrapErr)
	return nil
}

// openLog opens the log that check has found in order. A new log begins at the end of the snapshot.
func (e *engine) openLog(check *logCheck) error {
	start := snapshotID{}
	snapshotEnd, startOfNew := e.replayed.Offset()+1, int64(0)
	if check.segments == 0 {
		startOfNew = snapshotEnd
	}
	log, err := storage.Open(storage.Options{
		FS: e.fs, Dir: e.dir, Topic: topicname.ClusterMetadata, TopicID: TopicID, NowMs: e.now.UnixMilli(), Logger: e.log, Rand: e.host.Uint64,
		// No answer leaves before its records are synced, so that records below a snapshot need no
		// verification.
		RecoveryPoint: snapshotEnd, SavedElsewhere: true, LogStartOffset: startOfNew,
		Config: &storage.Config{
			SegmentBytes: e.set.segmentBytes, SegmentMs: e.set.segmentMs, SegmentIndexBytes: 10 << 20,
			IndexIntervalBytes: 4096, RetentionMs: -1, RetentionBytes: -1, MaxMessageBytes: 8 << 20,
			CleanupPolicy: storage.CleanupDelete, CompressionType: storage.CompressionProducer,
			TimestampBeforeMsMax: math.MaxInt64, TimestampAfterMsMax: math.MaxInt64,
			MaxCompactionLagMs: math.MaxInt64, FlushMessages: math.MaxInt64, FlushMs: math.MaxInt64,
		},
	})
	if err != nil {
		return err
	}
	if torn := check.walk.bad; torn >= snapshotEnd && log.LogEndOffset() > torn {
		// Recovery believes a base offset that leaves a gap.
		err = log.TruncateTo(torn)
	}
	switch {
	case err != nil:
	case log.LogEndOffset() < snapshotEnd:
		// The snapshot is another node's, or the log was lost. The log continues at the end of the
		// snapshot.
		err = log.TruncateFullyAndStartAt(snapshotEnd)
		start = snapshotID{snapshotEnd, e.replayed.Epoch()}
	case log.LogStartOffset() > snapshotEnd:
		err = fmt.Errorf("quorum: the metadata log in %s starts at offset %d, but the newest readable snapshot ends at %d", e.dir, log.LogStartOffset(), snapshotEnd)
	default:
		start, err = e.startAtSnapshot(log)
	}
	if err != nil {
		return errors.Join(err, log.Close(false))
	}
	e.store = newMetaLog(log, start)
	// A crash may leave unsynced records at the end. They were never acknowledged, but raft counts
	// them as stored from now on.
	if err := log.Sync(log.LogEndOffset()); err != nil {
		return errors.Join(err, log.Close(false))
	}
	return nil
}

// startAtSnapshot raises the log start offset to the oldest kept snapshot, and returns that one.
// Segments are deleted as a whole, so that after a restart the log begins somewhere below the
// snapshot. A follower that lacks the beginning of the log needs a snapshot that ends exactly
// there.
func (e *engine) startAtSnapshot(log logStore) (snapshotID, error) {
	start := log.LogStartOffset()
	if start == 0 {
		return snapshotID{}, nil
	}
	for _, k := range e.snapshots.kept {
		if k.id.Offset >= start {
			log.SetHighWatermark(e.replayed.Offset() + 1) // a snapshot holds committed records only
			return k.id, log.SetLogStartOffset(k.id.Offset)
		}
	}
	return snapshotID{Offset: start}, nil
}

// loadVoters finds the voter set: the last one in the snapshot or the log, else that of the
// bootstrap checkpoint, else the configured one.
func (e *engine) loadVoters() error {
	logged, hasRecords := e.snapshots.loggedVoters, false
	for at := max(e.replayed.Offset()+1, e.store.log.LogStartOffset()); at < e.store.log.LogEndOffset(); {
		data, err := e.store.read(at, e.store.log.LogEndOffset(), readBytes)
		if err != nil {
			return err
		}
		for batch, err := range record.Batches(data) {
			if err != nil {
				return err
			}
			at = batch.NextOffset()
			if !batch.IsControl() {
				hasRecords = true
				continue
			}
			var r record.Reader
			r.Reset(batch, record.Limits{})
			for r.Next() {
				rec := r.Record()
				if err := logged.apply(rec.Key, rec.Value); err != nil {
					return err
				}
			}
		}
	}
	e.snapshots.loggedVoters = logged
	switch {
	case logged.dynamic():
		e.voters = logged
	case e.voters.dynamic():
	default:
		e.voters = voterState{Voters: e.o.Voters}
	}
	if err := e.checkBootstrap(hasRecords); err != nil {
		return err
	}
	return e.checkVoters()
}

func (e *engine) checkVoters() error {
	voters := e.voters.Voters
	switch {
	case len(voters) == 0:
		return ErrNoVoters
	case !slices.ContainsFunc(voters, func(v Voter) bool { return v.ID == e.o.NodeID }):
		return fmt.Errorf("quorum: node %d is not one of the voters %v", e.o.NodeID, voterIDs(voters))
	case len(voters) > 1 && e.o.Transport == nil:
		return fmt.Errorf("quorum: the voters are %v, and this node cannot talk to the others", voterIDs(voters))
	}
	return nil
}

func voterIDs(voters []Voter) []int32 {
	ids := make([]int32, len(voters))
	for i, v := range voters {
		ids[i] = v.ID
	}
	return ids
}

func (e *engine) startRaft() error {
	applied := uint64(e.replayed.Offset() + 1)
	term := uint64(e.saved.LeaderEpoch)
	if n := len(e.store.epochs); n > 0 {
		term = max(term, uint64(e.store.epochs[n-1].epoch))
	}
	term = max(term, uint64(max(e.replayed.Epoch(), 0)))
	vote := e.saved.VotedID
	if e.saved.LeaderID >= 0 {
		vote = e.saved.LeaderID
	}
	if term != uint64(e.saved.LeaderEpoch) {
		vote = -1
	}
	e.term, e.committed = term, int64(applied)
	e.store.hard = &raftpb.HardState{Term: new(term), Vote: new(raftID(vote)), Commit: new(applied)}
	e.store.conf = &raftpb.ConfState{}
	for _, v := range e.voters.Voters {
		e.store.conf.Voters = append(e.store.conf.Voters, raftID(v.ID))
	}
	node, err := raft.NewRawNode(&raft.Config{
		ID: raftID(e.o.NodeID), ElectionTick: electionTicks, HeartbeatTick: heartbeatTicks,
		Storage: e.store, Applied: applied,
		// A message or a commit must never end inside a batch; metaLog.Entries keeps them small.
		MaxSizePerMsg: math.MaxUint64, MaxCommittedSizePerReady: math.MaxUint64,
		MaxInflightMsgs: 256, CheckQuorum: true, PreVote: true, DisableProposalForwarding: true,
		Logger: raftLogger{e.log},
	})
	if err != nil {
		return err
	}
	e.node = node
	return nil
}

// begin starts the engine. A single voter leads at once; among several the time-outs decide.
func (e *engine) begin() {
	if e.begun {
		return
	}
	e.begun = true
	e.readClock()
	e.nextTick = e.elapsed + e.interval()
	if len(e.voters.Voters) == 1 {
		e.candidate = e.host.Elapsed()
		if err := e.node.Campaign(); err != nil {
			e.fail(err)
		}
	}
	e.ready()
}
