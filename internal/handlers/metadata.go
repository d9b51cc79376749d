package handlers

// Metadata (key 3), versions 0-13.
//
// v0: an empty list of topics means all. v1: null means all; controller id, racks, internal topics.
// v2: cluster id.
// v4: automatic creation can be declined. v5: offline replicas. v7: leader epochs. v8: authorized
// operations. v9: flexible. v10: topic ids (KIP-516). v12: topics asked for by id. v13: top-level
// error code (KIP-1102).
//
// Brokers are handed out with their address on the listener that the request came in on. Automatic
// creation is begun and not waited for: the answer is UNKNOWN_TOPIC_OR_PARTITION, as Apache Kafka
// answers since KRaft. Topics come in the order they were asked for, all topics in order of name.
//
// Deviation: a topic without a name and without an id is UNKNOWN_TOPIC_ID in versions 12 and 13;
// Kafka fails with UNKNOWN_SERVER_ERROR for the whole request.

import (
	"slices"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

// ImageSource hands out the committed metadata.
type ImageSource interface {
	Image() *metadata.Image
}

// TopicAutoCreator begins to create topics and returns at once.
type TopicAutoCreator interface {
	Create(client controller.Request, names ...string)
}

// MetadataSource returns the metadata image.
type MetadataSource struct {
	Images    ImageSource
	ClusterID string
	NodeID    int32
	// AutoCreate is nil when auto.create.topics.enable is false.
	AutoCreate TopicAutoCreator
}

var _ = declare(func(e Engines) API {
	from := MetadataSource{Images: e.Images, ClusterID: e.ClusterID, NodeID: e.NodeID}
	if e.Config.Bool("auto.create.topics.enable") {
		from.AutoCreate = e.AutoCreate
	}
	return Metadata(from)
})

// Metadata makes the API.
func Metadata(from MetadataSource) API {
	return NewAPI(0, 13, func(c *Ctx, req *protocol.MetadataRequest) {
		resp := protocol.New[protocol.MetadataResponse]()
		if c.Version() < metadataVersionByID && namesByID(req) {
			refuseByID(req, resp)
			c.Respond(resp)
			return
		}
		image := from.Images.Image()
		resp.ClusterID, resp.ControllerID = &from.ClusterID, nodeToForwardTo(image, from.NodeID)
		for b := range image.Brokers() {
			if e, ok := b.Endpoint(c.Listener); ok && !b.Fenced {
				resp.Brokers = append(resp.Brokers, protocol.MetadataResponseResponseBroker{NodeID: b.ID, Host: e.Host, Port: int32(e.Port), Rack: b.Rack})
			}
		}
		if req.IncludeClusterAuthorizedOperations {
			resp.ClusterAuthorizedOperations = clusterOperations
		}
		v := topicView{image: image, listener: c.Listener, version: c.Version()}
		if req.Topics == nil || c.Version() == 0 && len(req.Topics) == 0 {
			// The request is small, so Serve did not count it as heavy.
			if image.Topics().Len() > heavyFrom {
				defer c.x.Heavy()()
			}
			for t := range image.Topics().All() {
				resp.Topics = append(resp.Topics, v.topic(t))
			}
		} else {
			resp.Topics = v.asked(req)
			from.autoCreate(c, req, resp.Topics)
		}
		for i := range resp.Topics {
			// Topics that the request names have them even when they do not exist.
			if req.IncludeTopicAuthorizedOperations && resp.Topics[i].Name != nil {
				resp.Topics[i].TopicAuthorizedOperations = topicOperations
			}
		}
		c.Respond(resp)
	})
}

// metadataVersionByID is the first version in which topics can be asked for by id. Versions 10 and
// 11 have the field already.
const metadataVersionByID = 12

// namesByID reports whether a request names a topic otherwise than by its name alone.
func namesByID(req *protocol.MetadataRequest) bool {
	return slices.ContainsFunc(req.Topics, func(t protocol.MetadataRequestRequestTopic) bool { return t.Name == nil || !t.TopicID.IsZero() })
}

// refuseByID answers each topic of a request with INVALID_REQUEST, and says nothing about the
// cluster.
func refuseByID(req *protocol.MetadataRequest, resp *protocol.MetadataResponse) {
	for _, t := range req.Topics {
		out := *protocol.New[protocol.MetadataResponseResponseTopic]()
		out.ErrorCode, out.TopicID, out.Name = protocol.ErrInvalidRequest.Code(), t.TopicID, t.Name
		if t.Name == nil {
			out.Name = new(string)
		}
		resp.Topics = append(resp.Topics, out)
	}
}

// autoCreate begins to create the topics that are not there and may be made.
func (from *MetadataSource) autoCreate(c *Ctx, req *protocol.MetadataRequest, topics []protocol.MetadataResponseResponseTopic) {
	if from.AutoCreate == nil || !req.AllowAutoTopicCreation {
		return
	}
	var missing []string
	for i := range topics {
		if topics[i].ErrorCode == protocol.ErrUnknownTopicOrPartition.Code() && topics[i].Name != nil {
			missing = append(missing, *topics[i].Name)
		}
	}
	if len(missing) > 0 {
		from.AutoCreate.Create(controllerRequest(c), missing...)
	}
}

// topicView shows topics as one listener's clients see them.
type topicView struct {
	image    *metadata.Image
	listener string
	version  int16
}

func (v *topicView) asked(req *protocol.MetadataRequest) []protocol.MetadataResponseResponseTopic {
	out := make([]protocol.MetadataResponseResponseTopic, 0, len(req.Topics))
	seen, seenIDs := make(map[string]bool, len(req.Topics)), make(map[wire.UUID]bool)
	// Where one topic is asked for by its id, all are: names do not count.
	byID := slices.ContainsFunc(req.Topics, func(t protocol.MetadataRequestRequestTopic) bool { return !t.TopicID.IsZero() })
	for i := range req.Topics {
		r := &req.Topics[i]
		if byID && r.TopicID.IsZero() {
			continue
		}
		if byID || r.Name == nil {
			if seenIDs[r.TopicID] {
				continue
			}
			seenIDs[r.TopicID] = true
			t := v.image.Topics().ByID(r.TopicID)
			if t == nil {
				missing := *protocol.New[protocol.MetadataResponseResponseTopic]()
				missing.ErrorCode, missing.TopicID, missing.Name = protocol.ErrUnknownTopicID.Code(), r.TopicID, nil
				out = append(out, missing)
				continue
			}
			out = append(out, v.topic(t))
			continue
		}
		if seen[*r.Name] {
			continue
		}
		seen[*r.Name] = true
		if t := v.image.Topics().ByName(*r.Name); t != nil {
			out = append(out, v.topic(t))
			continue
		}
		missing := *protocol.New[protocol.MetadataResponseResponseTopic]()
		missing.Name, missing.ErrorCode = r.Name, unknownTopic(*r.Name).Code()
		missing.IsInternal = topicname.IsInternal(*r.Name)
		out = append(out, missing)
	}
	return out
}

// unknownTopic is the error for a name that is no topic's.
func unknownTopic(name string) protocol.Error {
	if topicname.Problem(name) != "" {
		return protocol.ErrInvalidTopicException
	}
	return protocol.ErrUnknownTopicOrPartition
}

func (v *topicView) topic(t *metadata.Topic) protocol.MetadataResponseResponseTopic {
	out := *protocol.New[protocol.MetadataResponseResponseTopic]()
	out.Name, out.TopicID, out.IsInternal = &t.Name, t.ID, topicname.IsInternal(t.Name)
	out.Partitions = make([]protocol.MetadataResponseResponsePartition, len(t.Partitions))
	for i, p := range t.Partitions {
		v.partition(&out.Partitions[i], int32(i), p)
	}
	return out
}

func (v *topicView) partition(out *protocol.MetadataResponseResponsePartition, index int32, p *metadata.Partition) {
	*out = protocol.MetadataResponseResponsePartition{
		PartitionIndex: index, LeaderID: p.Leader, LeaderEpoch: p.LeaderEpoch,
		ReplicaNodes: p.Replicas, ISRNodes: p.ISR, OfflineReplicas: v.offline(p),
	}
	if v.version == 0 {
		// Version 0 shows only live replicas, with an error when others are left out.
		out.ReplicaNodes, out.ISRNodes = v.alive(p.Replicas), v.alive(p.ISR)
		if len(out.ReplicaNodes) < len(p.Replicas) || len(out.ISRNodes) < len(p.ISR) {
			out.ErrorCode = protocol.ErrReplicaNotAvailable.Code()
		}
	}
	if !v.reachable(p.Leader) {
		out.LeaderID = metadata.NoLeader
		out.ErrorCode = protocol.ErrLeaderNotAvailable.Code()
		if v.image.IsActive(p.Leader) && v.version >= 6 {
			out.ErrorCode = protocol.ErrListenerNotFound.Code()
		}
	}
}

// reachable: the broker is alive and has the listener.
func (v *topicView) reachable(broker int32) bool {
	b := v.image.Broker(broker)
	if b == nil || b.Fenced {
		return false
	}
	_, ok := b.Endpoint(v.listener)
	return ok
}

func (v *topicView) alive(ids []int32) []int32 {
	out := make([]int32, 0, len(ids))
	for _, id := range ids {
		if v.reachable(id) {
			out = append(out, id)
		}
	}
	return out
}

// offline are the replicas on brokers that cannot be reached or on log directories that have
// failed. It allocates only when there are any.
func (v *topicView) offline(p *metadata.Partition) []int32 {
	var out []int32
	for _, id := range p.Replicas {
		if !v.reachable(id) || !controller.DirectoryOnline(v.image, p, id) {
			out = append(out, id)
		}
	}
	return out
}
