package broker

import (
	"sync"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
)

// publication is one committed change of the metadata, or a function that runs after all changes
// before it are in place.
type publication struct {
	image *metadata.Image
	delta *metadata.Delta
	then  func()
	// appliedMs is the timestamp of the change, in milliseconds since 1970.
	appliedMs int64
}

// publications takes committed changes from the quorum and passes them to the publisher, so that
// opening logs never delays the quorum.
type publications struct {
	mu    sync.Mutex
	queue []publication
	// closed means that the publisher takes no more entries from the queue.
	closed bool
	// wake makes the publisher run.
	wake func()
}

func newPublications(wake func()) *publications { return &publications{wake: wake} }

func (p *publications) add(image *metadata.Image, delta *metadata.Delta, appliedMs int64) {
	p.put(publication{image: image, delta: delta, appliedMs: appliedMs})
}

// then runs f after everything that was added before is in place on this node. f must not block.
// Answers of the controller pass through here, so that a client that creates a topic finds it with
// its next request, on any connection.
func (p *publications) then(f func()) {
	if !p.put(publication{then: f}) {
		f()
	}
}

func (p *publications) put(entry publication) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	p.queue = append(p.queue, entry)
	p.mu.Unlock()
	p.wake()
	return true
}

// close ends the queue and runs the functions in it. The node publishes no further change.
func (p *publications) close() {
	p.mu.Lock()
	left := p.queue
	p.queue, p.closed = nil, true
	p.mu.Unlock()
	for _, entry := range left {
		if entry.then != nil {
			entry.then()
		}
	}
}

func (p *publications) take() []publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.queue
	p.queue = nil
	return q
}

// publish applies a new image to the node. The order is: partitions, their coordinators, dynamic
// configurations, and last the image from which handlers answer. So no answer names a partition
// that does not serve yet. The configurations of the first image come first, because logs open with
// them.
func (n *Node) publish(p publication) error {
	now := n.nowMs()
	first := !n.loaded
	if first {
		n.publishConfigs(p)
		if err := n.firstImage(p.image); err != nil {
			return err
		}
	} else {
		n.replicas.ApplyDelta(p.image, p.delta, now)
	}
	n.publishCoordinators(p)
	if !first {
		n.publishConfigs(p)
	}
	n.image.Store(p.image)
	for _, t := range p.delta.Topics() {
		if t.New != nil {
			n.assignments.add(t.New.ID)
		}
	}
	n.appliedMs.Store(p.appliedMs)
	if n.quorum.Status().Active {
		n.elections.count(p.delta)
	}
	return nil
}

// showImage lets the handlers of a node that has failed answer from a new image. The
// change is committed, and its answer leaves after this. The partitions stay as they are.
func (n *Node) showImage(p publication) {
	if !n.loaded {
		return
	}
	n.setConfigs(p.image)
	n.image.Store(p.image)
}

// publishConfigs applies dynamic broker configurations.
func (n *Node) publishConfigs(p publication) {
	own := brokerName(n.id)
	changed := !n.loaded
	if !n.loaded {
		n.warnOfQuotas(p.image)
	}
	for _, r := range p.delta.Configs() {
		concerned := r.Type != metadata.ResourceBroker || r.Name == "" || r.Name == own
		if concerned {
			n.warnWithoutEffect(r.Type, p.image.Configs(r.Type, r.Name))
		}
		changed = changed || r.Type == metadata.ResourceBroker && concerned
	}
	if !changed {
		return
	}
	n.setConfigs(p.image)
	n.replicas.ConfigChanged()
	n.front.SetLimits(n.config.Values())
}

func (n *Node) setConfigs(image *metadata.Image) {
	warnings := n.config.Set(image.Configs(metadata.ResourceBroker, ""), image.Configs(metadata.ResourceBroker, brokerName(n.id)))
	for _, w := range warnings {
		n.log.Warn("dynamic configuration", "warning", w.String())
	}
}

// keyKinds maps the resource types with declared keys to the kind of their keys.
var keyKinds = map[int8]config.Kind{
	metadata.ResourceBroker: config.BrokerKey, metadata.ResourceTopic: config.TopicKey, metadata.ResourceGroup: config.GroupKey,
}

// warnOfQuotas logs that quotas, which Apache Kafka has stored, have no effect.
func (n *Node) warnOfQuotas(image *metadata.Image) {
	if quotas := image.Quotas(); quotas > 0 {
		n.log.Warn("quotas of clients, users and addresses have no effect yet", "quotas", quotas)
	}
}

// warnWithoutEffect logs each known key without effect once, as the start does for the file.
func (n *Node) warnWithoutEffect(of int8, entries map[string]string) {
	kind, ok := keyKinds[of]
	if !ok {
		return
	}
	for _, w := range config.WithoutEffect(kind, entries) {
		if !n.warned[w.Key] {
			n.warned[w.Key] = true
			n.log.Warn("dynamic configuration", "warning", w.String())
		}
	}
}
