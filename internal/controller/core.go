package controller

import (
	"strconv"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Env is the input of a decision besides the request.
type Env struct {
	// Image is the newest state: everything that is committed or decided.
	Image *metadata.Image
	// Awake is the time for which this controller could receive requests. Sessions are measured
	// with it, so that a pause of the process or of the machine ends no session.
	Awake time.Duration
	// NextOffset is the offset of the next record of the metadata log.
	NextOffset int64
	// OnlyVoter says that the node of this controller is the only voter of the quorum, so that no
	// other node has been the active controller.
	OnlyVoter bool
	// Rand is the source of topic ids and of starting points for placement.
	Rand Random
}

// Random is a source of random numbers. The engine seeds it.
type Random interface {
	Uint64() uint64
	// IntN is uniform in [0, n); n is positive.
	IntN(n int) int
}

// Request describes a request besides its fields.
type Request struct {
	// Version is the API version of the request.
	Version int16
	// Principal is the authenticated user, in Kafka's form "User:name".
	Principal string
	// ClientID is the client id of the request header.
	ClientID string
	// Address is the client's address. It is empty for requests of the node itself.
	Address string
}

// Config are the settings of the controller that do not change while it runs.
type Config struct {
	// Broker is the static configuration of this node. It holds the defaults of topics, and dynamic
	// configs override it.
	Broker *config.Broker
	// ClusterID is the cluster id that a registering broker must name.
	ClusterID string
	// SessionTimeout is broker.session.timeout.ms: a broker that sends no heartbeat for so long is
	// fenced.
	SessionTimeout time.Duration
	// BalanceInterval is leader.imbalance.check.interval.seconds, 0 when
	// auto.leader.rebalance.enable is false.
	BalanceInterval time.Duration
	// UncleanInterval is unclean.leader.election.interval.ms.
	UncleanInterval time.Duration
}

// Core is the controller. Besides the image it holds soft state only: contact times and metadata
// offsets of brokers, which a new active controller starts again.
type Core struct {
	cfg Config
	// nodeName is the name of this node as a resource of dynamic configs.
	nodeName string
	brokers  map[int32]*contact
	// activeSince is the time (Env.Awake) at which this node became the active controller.
	activeSince time.Duration
	// onlyVoter is Env.OnlyVoter at that time.
	onlyVoter bool
	// nextBalance and nextUnclean are the times (Env.Awake) after which these tasks run again.
	nextBalance, nextUnclean time.Duration
	// repaired: no leader is outside its ISR.
	repaired bool
	settings settings
}

// New makes a core. Activate must be called when this node becomes the active controller.
func New(cfg Config) *Core {
	return &Core{cfg: cfg, nodeName: strconv.Itoa(int(cfg.Broker.NodeID())), brokers: map[int32]*contact{}}
}

// Record is one record to be written.
type Record = metadata.Record

// registered returns the registration of a broker. The epoch of a broker that was replaced or that
// is not registered is stale.
func registered(image *metadata.Image, id int32, epoch int64) (*metadata.Broker, protocol.Error) {
	b := image.Broker(id)
	if b == nil || b.Epoch != epoch {
		return nil, protocol.ErrStaleBrokerEpoch
	}
	return b, protocol.ErrNone
}

// failure is an error code and the text that goes with it.
type failure struct {
	code protocol.Error
	text string
}

func (f failure) failed() bool { return f.code != protocol.ErrNone }

// message is the text as responses carry it: null when nothing failed.
func (f failure) message() *string {
	if !f.failed() || f.text == "" {
		return nil
	}
	return &f.text
}

func fail(code protocol.Error, text string) failure { return failure{code, text} }
