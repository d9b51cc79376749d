package broker

import (
	"sync"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// assignments reports the log directory of each replica to the controller, where the metadata names
// another directory (KIP-858). The controller needs it when a directory fails. It is Kafka's
// AssignmentsManager.
type assignments struct {
	mu sync.Mutex
	// topics are the topics to compare with the metadata, in this order. known are the same topics.
	topics []wire.UUID
	known  map[wire.UUID]bool
	// asking is true while a request is in flight.
	asking bool
}

const (
	assignReplicasVersion = 0
	// maxAssignments bounds the replicas of one request.
	maxAssignments = 2000
)

func (a *assignments) add(topic wire.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil {
		a.known = map[wire.UUID]bool{}
	}
	if !a.known[topic] {
		a.known[topic] = true
		a.topics = append(a.topics, topic)
	}
}

// take returns and removes the topics, unless a request is in flight.
func (a *assignments) take() (topics []wire.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asking {
		return nil
	}
	topics, a.topics, a.known = a.topics, nil, nil
	return topics
}

func (a *assignments) ask(yes bool) {
	a.mu.Lock()
	a.asking = yes
	a.mu.Unlock()
}

// compareDirs makes the node compare the directories of all its replicas with the metadata.
func (n *Node) compareDirs() {
	for t := range n.image.Load().Topics().All() {
		n.assignments.add(t.ID)
	}
	n.registration.nudge()
}

// assignDirs sends the directories of the replicas whose metadata differ.
func (n *Node) assignDirs(epoch int64) {
	req := protocol.New[protocol.AssignReplicasToDirsRequest]()
	req.BrokerID, req.BrokerEpoch = n.id, epoch
	dirs := map[wire.UUID]int{} // index in req.Directories
	count := 0
	var asked []wire.UUID
	topics := n.assignments.take()
	// publish stores an image before it adds the topics, so the image of this moment has all of
	// them.
	image := n.image.Load()
	for _, id := range topics {
		t := image.Topics().ByID(id)
		if t == nil {
			continue // deleted
		}
		if count >= maxAssignments {
			n.assignments.add(id)
			continue
		}
		before := count
		for i, p := range t.Partitions {
			dir, ok := n.replicas.ReplicaDir(id, int32(i))
			if !ok || !p.HasReplica(n.id) || p.DirectoryOf(n.id) == dir {
				continue
			}
			at, ok := dirs[dir]
			if !ok {
				at = len(req.Directories)
				dirs[dir] = at
				req.Directories = append(req.Directories, protocol.AssignReplicasToDirsRequestDirectoryData{ID: dir})
			}
			in := &req.Directories[at].Topics
			if len(*in) == 0 || (*in)[len(*in)-1].TopicID != id {
				*in = append(*in, protocol.AssignReplicasToDirsRequestTopicData{TopicID: id})
			}
			last := &(*in)[len(*in)-1].Partitions
			*last = append(*last, protocol.AssignReplicasToDirsRequestPartitionData{PartitionIndex: int32(i)})
			count++
		}
		if count > before {
			asked = append(asked, id)
		}
	}
	if count == 0 {
		return
	}
	n.assignments.ask(true)
	controller.AssignReplicasToDirs.Call(n.controller, n.request(assignReplicasVersion), req, func(resp *protocol.AssignReplicasToDirsResponse) {
		n.assignments.ask(false)
		if e := protocol.Error(resp.ErrorCode); e != protocol.ErrNone && e != protocol.ErrUnsupportedVersion {
			for _, id := range asked {
				n.assignments.add(id) // the next heartbeat tries again
			}
			return
		}
		n.registration.nudge() // there may be more
	})
}
