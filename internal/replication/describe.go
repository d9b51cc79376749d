package replication

import (
	"cmp"
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// Producers returns the producers that a partition knows, for DescribeProducers.
func (m *Manager) Producers(topic string, partition int32) ([]storage.ProducerState, protocol.Error) {
	p, err := m.find(topic, noTopicID, partition)
	if err == protocol.ErrNone {
		err = p.checkLeader(-1)
	}
	if err != protocol.ErrNone {
		return nil, err
	}
	return p.log.Producers(), protocol.ErrNone
}

// DirInfo is one log directory, for DescribeLogDirs.
type DirInfo struct {
	Path string
	Err  protocol.Error
	// TotalBytes and UsableBytes are those of the file system, -1 when unknown.
	TotalBytes, UsableBytes int64
	// Replicas are sorted by topic and partition.
	Replicas []ReplicaInfo
}

// ReplicaInfo is one replica in a log directory.
type ReplicaInfo struct {
	Topic     string
	Partition int32
	SizeBytes int64
	// OffsetLag is the high watermark minus the log end offset, at least 0.
	OffsetLag int64
}

// LogDirs describes all log directories. wanted selects the replicas.
func (m *Manager) LogDirs(wanted func(topic string, partition int32) bool) []DirInfo {
	byDir := make(map[*logmanager.Dir][]ReplicaInfo)
	for _, l := range m.logs.Logs() {
		if wanted(l.TP.Topic, l.TP.Partition) {
			lag := max(l.HighWatermark()-l.LogEndOffset(), 0)
			byDir[l.LogDir()] = append(byDir[l.LogDir()], ReplicaInfo{l.TP.Topic, l.TP.Partition, l.Size(), lag})
		}
	}
	var out []DirInfo
	for _, d := range m.logs.Dirs() {
		info := DirInfo{Path: absolute(d.Path()), TotalBytes: -1, UsableBytes: -1}
		if d.Err() != nil {
			info.Err = protocol.ErrKafkaStorageError
			out = append(out, info)
			continue
		}
		info.TotalBytes, info.UsableBytes = m.logs.Usage(d)
		info.Replicas = byDir[d]
		slices.SortFunc(info.Replicas, func(a, b ReplicaInfo) int {
			return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
		})
		out = append(out, info)
	}
	return out
}

// absolute returns the name of a directory that Kafka gives to clients. A relative one has no
// meaning on another machine.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// Counts are the figures of Kafka's ReplicaManager metrics.
type Counts struct {
	Partitions, Leaders, UnderReplicated, UnderMinISR, AtMinISR, Reassigning, Offline int
}

// Counts counts all partitions.
func (m *Manager) Counts() Counts {
	var c Counts
	for _, p := range m.partitions() {
		c.Partitions++
		switch role, l := p.leading(); role {
		case replica.Leader:
			c.Leaders++
			c.UnderReplicated += one(l.UnderReplicated)
			c.UnderMinISR += one(l.UnderMinISR)
			c.AtMinISR += one(l.AtMinISR)
			c.Reassigning += one(l.Reassigning)
		case replica.Offline:
			c.Offline++
		}
	}
	return c
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Leading is a partition that this broker leads, with the figures of Kafka's Partition metrics.
type Leading struct {
	Topic     string
	Partition int32
	// ReplicationFactor leaves out replicas that a reassignment is adding.
	ReplicationFactor, InSync                           int
	UnderReplicated, UnderMinISR, AtMinISR, Reassigning bool
}

// EachLeading calls each for every partition that this broker leads.
func (m *Manager) EachLeading(each func(Leading)) {
	for _, p := range m.partitions() {
		if role, l := p.leading(); role == replica.Leader {
			each(l)
		}
	}
}

// leading returns the role and the figures of the partition. The figures are valid for leaders.
func (p *Partition) leading() (replica.Role, Leading) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.core
	return r.Role(), Leading{
		Topic: p.topic, Partition: p.index, ReplicationFactor: r.ReplicationFactor(), InSync: len(r.ISR().Committed()),
		UnderReplicated: r.UnderReplicated(), UnderMinISR: r.UnderMinISR(), AtMinISR: r.AtMinISR(), Reassigning: r.Reassigning(),
	}
}
