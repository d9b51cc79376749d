package quorum

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
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
		lead: -1, host: o.Host, rand: random{o.Host}, replies: map[uint64]func(kraft.ResponseBody){}}
	c.engine = e
	e.elapsed = o.Host.Elapsed()
	e.readClock()
	e.snapshots.taken = e.elapsed
	if !o.Observer {
		e.core = controller.New(controller.Config{Broker: o.Broker, ClusterID: o.ClusterID,
			SessionTimeout: e.set.sessionTimeout, BalanceInterval: e.set.balanceInterval, UncleanInterval: e.set.uncleanInterval})
	}
	if err := e.open(); err != nil {
		return nil, err
	}
	if err := e.startCore(); err != nil {
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
	e.firstVoters()
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
	return nil
}

// readBootstrap reads the bootstrap checkpoint: the voter set of kraft.version 1 and the first
// records. Apache Kafka before 4.2 keeps the records in a file of their own, also beside a
// bootstrap checkpoint with voters. A damaged file stops only a cluster that has not written these
// records to its log, see checkBootstrap.
func (e *engine) readBootstrap() error {
	voters := false
	for _, path := range []string{filepath.Join(e.dir, bootstrapID.fileName()), filepath.Join(e.o.Dir, oldBootstrapFile)} {
		if !vfs.Exists(e.fs, path) {
			continue
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
		if !voters {
			e.first, voters = c.voters, true
		}
		if _, ok := levelsOf(e.bootstrap)[metadata.FeatureMetadataVersion]; ok {
			return nil
		}
	}
	e.bootstrap = append(defaultBootstrap(nil), e.bootstrap...)
	return nil
}

// checkBootstrap decides about an unreadable bootstrap checkpoint. logged says that the log has
// metadata records: the first leader has copied the checkpoint's records to the log then.
func (e *engine) checkBootstrap(logged bool) error {
	switch {
	case e.bootstrapErr == nil:
		return nil
	case len(e.first.Voters)+len(e.o.Bootstrap) == 0:
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
	case log.LogEndOffset() < snapshotEnd, check.walk.lastEpoch >= 0 && check.walk.lastEpoch < e.replayed.Epoch():
		// The snapshot is another node's, or the log was lost. The log continues at the end of the
		// snapshot. A log that ends behind it in a lower epoch was to be replaced when the node
		// stopped (KafkaRaftLog.truncateToLatestSnapshot).
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
	e.store = &metaLog{log: log, start: start}
	// A crash may leave unsynced records at the end. They were never acknowledged, but the core
	// counts them as durable from now on.
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

// firstVoters finds the voters that the node knows before it reads the log: the newest snapshot's,
// else those of the bootstrap checkpoint, else the configured ones.
func (e *engine) firstVoters() {
	switch {
	case e.snapshots.voters.dynamic():
		e.first = e.snapshots.voters
	case !e.first.dynamic():
		e.first = voterState{Voters: e.o.Voters}
	}
}

// startCore makes the core from what the disk holds.
func (e *engine) startCore() error {
	stored, hasRecords, err := e.stored()
	if err != nil {
		return err
	}
	o := timingOf(e.o.Broker)
	o.Self = kraft.Voter{Key: kraft.Key{ID: e.o.NodeID, Directory: e.o.DirectoryID}, MaxVersion: 1}
	o.CanVote, o.Candidate = !e.o.Observer, !e.o.Observer
	o.AutoJoin = !e.o.Observer && e.o.Broker.Bool("controller.quorum.auto.join.enable")
	o.Voters, o.Bootstrap, o.Rand = voterState{Voters: e.o.Voters}.kraftVoters(), e.o.Bootstrap, e.host
	for _, v := range e.o.Endpoints {
		o.Self.Endpoints = append(o.Self.Endpoints, kraft.Endpoint{Name: v.Name, Host: v.Host, Port: v.Port})
	}
	e.committed = e.replayed.Offset() + 1
	e.node = kraft.New(e.elapsed, o, stored)
	if err := e.checkBootstrap(hasRecords); err != nil {
		return err
	}
	if err := e.checkVoters(); err != nil {
		return err
	}
	s := e.node.Status()
	e.lead, e.term = s.Leader.ID, s.Leader.Epoch
	if e.lead == e.o.NodeID {
		e.lead = -1 // it does not lead in this epoch again
	}
	if n := len(stored.Batches); n > 0 {
		e.c.stats.LastEpoch.Store(stored.Batches[n-1].Epoch)
	}
	return nil
}

// stored describes the disk for the core. hasRecords reports whether the log has metadata records
// above the newest snapshot.
func (e *engine) stored() (s kraft.Stored, hasRecords bool, err error) {
	s.Start = kraft.Position(e.store.start)
	for _, k := range e.snapshots.kept {
		s.Snapshots = append(s.Snapshots, kraft.Position(k.id))
	}
	s.Version, s.Voters = e.first.KRaftVersion, e.first.kraftVoters()
	if n := len(e.snapshots.kept); n > 0 && e.snapshots.voters.dynamic() {
		s.VotersAt = kraft.Position(e.snapshots.kept[n-1].id)
	}
	// The control records below the newest snapshot are in it.
	from, end := max(e.replayed.Offset()+1, e.store.log.LogStartOffset()), e.store.log.LogEndOffset()
	var control []kraft.Batch
	err = e.store.eachBatch(from, end, func(batch record.Batch) error {
		if !batch.IsControl() {
			hasRecords = true
			return nil
		}
		b, err := describe(batch)
		control = append(control, b)
		return err
	})
	if err != nil {
		return s, hasRecords, err
	}
	s.Batches = joined(e.store.epochs(), control, end)
	voters := s.Voters
	for _, b := range control {
		for _, c := range b.Control {
			if c.Voters != nil {
				voters = c.Voters
			}
		}
	}
	if err := e.settleQuorumState(voters); err != nil {
		return s, hasRecords, err
	}
	s.State = kraft.State{Epoch: e.saved.LeaderEpoch, Leader: e.saved.LeaderID, Voted: kraft.NoKey}
	if e.saved.VotedID >= 0 {
		s.State.Voted = kraft.Key{ID: e.saved.VotedID, Directory: e.saved.VotedDirectoryID}
	}
	if epoch := e.replayed.Epoch(); epoch > s.State.Epoch {
		s.State = kraft.State{Epoch: epoch, Leader: kraft.None, Voted: kraft.NoKey}
	}
	return s, hasRecords, nil
}

// joined describes a log by its epochs and its control batches. The batches between them are joined
// into one for each epoch.
func joined(epochs []kraft.Position, control []kraft.Batch, end int64) (out []kraft.Batch) {
	for i, e := range epochs {
		at, below := e.Offset, end
		if i+1 < len(epochs) {
			below = epochs[i+1].Offset
		}
		for at < below {
			next := below
			if len(control) > 0 && control[0].Base == at {
				out = append(out, kraft.Batch{Base: at, Last: control[0].Last, Epoch: e.Epoch, Control: control[0].Control})
				at, control = control[0].Last+1, control[1:]
				continue
			}
			if len(control) > 0 {
				next = min(next, control[0].Base)
			}
			out = append(out, kraft.Batch{Base: at, Last: next - 1, Epoch: e.Epoch})
			at = next
		}
	}
	return out
}

// checkVoters refuses a node that cannot take part in the quorum. A controller that is not one of
// the voters of a dynamic quorum is an observer until it is added.
func (e *engine) checkVoters() error {
	s := e.node.Status()
	own := !e.o.Observer && s.Voters.Find(e.o.NodeID) != nil
	switch {
	case len(s.Voters)+len(e.o.Bootstrap) == 0:
		return ErrNoVoters
	case !own && !e.o.Observer && s.Version == 0 && len(e.o.Voters) > 0,
		!own && e.o.Transport == nil:
		return fmt.Errorf("quorum: node %d is not one of the voters %v", e.o.NodeID, voterIDs(s.Voters))
	case own && len(s.Voters) == 1 && !s.Voters.Has(kraft.Key{ID: e.o.NodeID, Directory: e.o.DirectoryID}):
		return fmt.Errorf("quorum: the metadata log in %s belongs to node %d with directory.id=%s, and meta.properties says directory.id=%s: put the old meta.properties back",
			e.o.Dir, e.o.NodeID, s.Voters[0].Directory, e.o.DirectoryID)
	case len(s.Voters) > 1 && e.o.Transport == nil:
		return fmt.Errorf("quorum: the voters are %v, and this node cannot talk to the others", voterIDs(s.Voters))
	}
	return nil
}

func voterIDs(voters kraft.Voters) []int32 {
	ids := make([]int32, len(voters))
	for i, v := range voters {
		ids[i] = v.ID
	}
	return ids
}

// begin starts the engine. A single voter leads at once; among several the timeouts decide.
func (e *engine) begin() {
	if e.begun {
		return
	}
	e.begun = true
	e.readClock()
	e.nextTick = e.elapsed + e.interval()
	if e.node.Deadline() <= e.elapsed {
		e.feed(kraft.Tick{})
	}
	e.ready()
}
