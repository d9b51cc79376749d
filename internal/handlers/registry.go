package handlers

import (
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// API is one served API: its key, the versions served, and what answers it.
type API struct {
	Key        int16
	MinVersion int16
	MaxVersion int16
	// AdvertisedMin is the minimum in the answer to ApiVersions. Produce advertises 0 although
	// versions 0-2 are not served: librdkafka switches features off otherwise (KAFKA-18659).
	AdvertisedMin int16
	// ReuseBuffers says that the handler keeps neither the request nor its bytes after the answer,
	// so that both can serve later requests.
	ReuseBuffers bool

	handle func(body []byte, c Ctx) error
}

// request constrains a pointer to a request struct.
type request[T any] interface {
	*T
	protocol.Message
}

// NewAPI makes the entry of one API. fn gets the decoded request; see Ctx for its duties.
func NewAPI[T any, P request[T]](minVersion, maxVersion int16, fn func(c *Ctx, req P)) API {
	a, views := newAPI(P(new(T)), minVersion, maxVersion)
	a.handle = func(body []byte, c Ctx) error {
		req := P(new(T))
		var r wire.Reader
		if err := decode(&r, body, c.Version(), req); err != nil {
			return err
		}
		// The request may wait for long. Meanwhile its frame must not use up the memory for
		// requests.
		c.x.Detach(views)
		if r.Elements() > heavyFrom {
			defer c.x.Heavy()()
		}
		fn(&c, req)
		return nil
	}
	return a
}

// NewPooledAPI makes the entry of an API of the hot path: request structs and frame buffers serve
// later requests after the answer, and the Ctx is valid until the answer.
func NewPooledAPI[T any, P request[T]](minVersion, maxVersion int16, fn func(c *Ctx, req P)) API {
	a, views := newAPI(P(new(T)), minVersion, maxVersion)
	a.ReuseBuffers = true
	pool := &sync.Pool{}
	pool.New = func() any { return &pooledCall[T]{pool: pool} }
	a.handle = func(body []byte, c Ctx) error {
		call := pool.Get().(*pooledCall[T])
		call.ctx = c
		err := decode(&call.r, body, c.Version(), P(&call.req))
		elements := call.r.Elements()
		call.r.Reset(nil)
		if err != nil {
			return err
		}
		if !views {
			c.x.Detach(false)
		}
		c.x.OnRelease(call)
		if elements > heavyFrom {
			defer c.x.Heavy()()
		}
		fn(&call.ctx, P(&call.req))
		return nil
	}
	return a
}

// newAPI makes an entry without its handle function. views is true when the request has views into
// its frame.
func newAPI(req protocol.Message, minVersion, maxVersion int16) (a API, views bool) {
	return API{Key: req.APIKey(), MinVersion: minVersion, MaxVersion: maxVersion, AdvertisedMin: minVersion}, holdsViews(reflect.TypeOf(req))
}

func decode(r *wire.Reader, body []byte, version int16, req protocol.Message) error {
	r.Reset(body)
	r.LimitElements(maxElements)
	return req.DecodeFrom(r, version)
}

// holdsViews reports whether a request has fields that are views into its frame, which byte slices
// are. Strings are copies, and unknown tagged fields are not kept.
func holdsViews(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer:
		return holdsViews(t.Elem())
	case reflect.Slice:
		return t.Elem().Kind() == reflect.Uint8 || holdsViews(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsViews(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

type pooledCall[T any] struct {
	pool *sync.Pool
	ctx  Ctx
	req  T
	r    wire.Reader
}

// Release implements Releaser.
func (c *pooledCall[T]) Release() { c.pool.Put(c) }

// Registry is the table of served APIs.
type Registry struct {
	apis     [protocol.MaxAPIKey + 1]*API
	unserved *unservedLog
	// brokers is the table of the other listeners, for one of controller listeners; nil otherwise.
	brokers *Registry
}

// NewRegistry makes the table. It panics when two entries have one key.
func NewRegistry(apis ...API) *Registry {
	r := &Registry{unserved: newUnservedLog(slog.New(slog.DiscardHandler))}
	for i := range apis {
		r.Add(apis[i])
	}
	return r
}

// SetLogger sets the log for requests that are not served. It is called before the server starts.
func (r *Registry) SetLogger(log *slog.Logger) { r.unserved = newUnservedLog(log) }

// Add enters one more API, before the server starts.
func (r *Registry) Add(a API) {
	if r.apis[a.Key] != nil {
		panic(fmt.Sprintf("handlers: %s registered twice", protocol.Name(a.Key)))
	}
	r.apis[a.Key] = &a
}

// Served lists the served APIs in order of key.
func (r *Registry) Served() []API {
	var out []API
	for _, a := range r.apis {
		if a != nil {
			out = append(out, *a)
		}
	}
	return out
}

// known reports whether a table has a place for an API.
func known(key int16) bool { return key >= 0 && key <= protocol.MaxAPIKey }

// Serve answers one request through x, now or later. It does not wait for a peer, a timer or a
// sync. Handlers write to logs, and requests with much work wait for each other (Exchange.Heavy).
func (r *Registry) Serve(req Request, x Exchange) {
	h := req.Header
	var a *API
	if known(h.APIKey) {
		a = r.apis[h.APIKey]
	}
	if a == nil {
		if r.brokers != nil && known(h.APIKey) && r.brokers.apis[h.APIKey] != nil {
			r.unserved.wrongListener(req.Received, &h, req.ClientHost)
		} else {
			r.unserved.warn(req.Received, &h, req.ClientHost, "the API")
		}
		x.Close()
		return
	}
	if h.APIVersion < a.MinVersion || h.APIVersion > a.MaxVersion {
		if h.APIKey == protocol.KeyAPIVersions {
			respondUnsupportedAPIVersions(x, a)
			return
		}
		x.Abort(fmt.Sprintf("%s version %d is not served, versions %d to %d are", protocol.Name(h.APIKey), h.APIVersion, a.MinVersion, a.MaxVersion))
		return
	}
	if a.ReuseBuffers {
		x.ReuseFrame()
	}
	c := Ctx{x: x, Header: h, Now: req.Received, Principal: req.Principal, Listener: req.Listener, Privileged: req.Privileged, clientHost: req.ClientHost, registry: r}
	if c.Principal == "" {
		c.Principal = "User:ANONYMOUS"
	}
	if err := a.handle(req.Body, c); err != nil {
		x.Abort(fmt.Sprintf("cannot read %s request version %d from client %q: %v", protocol.Name(h.APIKey), h.APIVersion, c.ClientID(), err))
	}
}
