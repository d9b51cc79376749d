package broker

import (
	"slices"
	"sync"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
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
	// waiting are the functions that wait for an offset above reached, the offset of the last
	// published image.
	waiting []*waiter
	reached int64
	// closed means that the publisher takes no more entries from the queue.
	closed bool
	// wake makes the publisher run.
	wake func()
}

// waiter is a function that waits for the publication of an offset.
type waiter struct {
	offset int64
	f      func()
	// timer runs f when the publication takes too long.
	timer host.Timer
}

func newPublications(wake func()) *publications { return &publications{wake: wake, reached: -1} }

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

// at runs f when an image at or past an offset is published, after publicationPatience, or when the
// queue is closed. f must not block.
func (p *publications) at(offset int64, h host.Host, f func()) {
	w := &waiter{offset: offset, f: f}
	p.mu.Lock()
	if p.closed || offset <= p.reached {
		p.mu.Unlock()
		f()
		return
	}
	w.timer = h.AfterFunc(publicationPatience, func() { p.end(func(x *waiter) bool { return x == w }) })
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
}

// end runs the functions of the waiters for which over is true.
func (p *publications) end(over func(*waiter) bool) {
	var ended []*waiter
	p.mu.Lock()
	p.waiting = slices.DeleteFunc(p.waiting, func(w *waiter) bool {
		if over(w) {
			ended = append(ended, w)
			return true
		}
		return false
	})
	p.mu.Unlock()
	for _, w := range ended {
		w.timer.Stop()
		w.f()
	}
}

// published says that an image is in place.
func (p *publications) published(offset int64) {
	p.mu.Lock()
	p.reached = max(p.reached, offset)
	idle := len(p.waiting) == 0
	p.mu.Unlock()
	if !idle {
		p.end(func(w *waiter) bool { return w.offset <= offset })
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
	p.end(func(*waiter) bool { return true })
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
	if !n.isBroker() {
		n.publishController(p)
		return nil
	}
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
	n.publishImage(p)
	for _, t := range p.delta.Topics() {
		if t.New != nil {
			n.assignments.add(t.New.ID)
		}
	}
	return nil
}

// publishImage makes an image the one from which handlers answer.
func (n *Node) publishImage(p publication) {
	n.image.Store(p.image)
	n.publications.published(p.image.Offset())
	n.appliedMs.Store(p.appliedMs)
	if n.quorum.Status().Active {
		n.elections.count(p.delta)
	}
	n.registerController(p.image)
}

// showImage lets the handlers of a node that has failed answer from a new image. The
// change is committed, and its answer leaves after this. The partitions stay as they are.
func (n *Node) showImage(p publication) {
	if !n.loaded {
		return
	}
	n.setConfigs(p.image)
	n.image.Store(p.image)
	n.publications.published(p.image.Offset())
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
	if n.replicas != nil {
		n.replicas.ConfigChanged()
	}
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
