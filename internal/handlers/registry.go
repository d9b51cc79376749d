package handlers

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// API is one served API: its key, the versions served, and what answers it.
type API struct {
	Key        int16
	MinVersion int16
	MaxVersion int16
	// AdvertisedMin is the minimum that ApiVersions tells, where it differs: Produce says 0 though 0-2 are not served,
	// since librdkafka switches features off otherwise (KAFKA-18659).
	AdvertisedMin int16
	// ReuseBuffers tells that the handler keeps neither the request nor its bytes past the answer, so that both are
	// used again for later requests.
	ReuseBuffers bool

	serve func(x *network.Exchange, c Ctx) error
}

// request constrains a pointer to a request struct.
type request[T any] interface {
	*T
	protocol.Message
}

// NewAPI makes the entry of one API. fn is called with the decoded request; see Ctx for its duties.
func NewAPI[T any, P request[T]](minVersion, maxVersion int16, fn func(c *Ctx, req P)) API {
	a, views := newAPI(P(new(T)), minVersion, maxVersion)
	a.serve = func(x *network.Exchange, c Ctx) error {
		req := P(new(T))
		var r wire.Reader
		if err := decode(&r, x, req); err != nil {
			return err
		}
		// It may be parked for as long as its client likes, and must not hold what all frames share meanwhile.
		x.Detach(views)
		defer heavy.enter(r.Elements())()
		fn(&c, req)
		return nil
	}
	return a
}

// NewPooledAPI is NewAPI for the hot path: request structs and frame buffers are used again after the answer, and the
// Ctx only lives until then.
func NewPooledAPI[T any, P request[T]](minVersion, maxVersion int16, fn func(c *Ctx, req P)) API {
	a, views := newAPI(P(new(T)), minVersion, maxVersion)
	a.ReuseBuffers = true
	pool := &sync.Pool{New: func() any { return new(pooledCall[T]) }}
	a.serve = func(x *network.Exchange, c Ctx) error {
		call := pool.Get().(*pooledCall[T])
		call.ctx = c
		err := decode(&call.r, x, P(&call.req))
		elements := call.r.Elements()
		call.r.Reset(nil)
		if err != nil {
			return err
		}
		if !views {
			x.Detach(false)
		}
		x.OnRelease(call, pool)
		if elements > heavyFrom {
			defer heavy.enter(elements)()
		}
		fn(&call.ctx, P(&call.req))
		return nil
	}
	return a
}

// newAPI is what entries have in common; views tells whether the request is views into its frame.
func newAPI(req protocol.Message, minVersion, maxVersion int16) (a API, views bool) {
	return API{Key: req.APIKey(), MinVersion: minVersion, MaxVersion: maxVersion, AdvertisedMin: minVersion}, holdsViews(reflect.TypeOf(req))
}

func decode(r *wire.Reader, x *network.Exchange, req protocol.Message) error {
	r.Reset(x.Body)
	r.LimitElements(maxElements)
	return req.DecodeFrom(r, x.Header.APIVersion)
}

// holdsViews tells whether a request has fields that are views into the frame it was decoded from: byte slices. Strings are
// copies, and unknown tagged fields are not kept.
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
	ctx Ctx
	req T
	r   wire.Reader
}

// Registry is the table of served APIs; it is the network's Handler.
type Registry struct {
	apis [protocol.MaxAPIKey + 1]*API
	// Context fills in what a listener or session knows of who asks; nil leaves the anonymous default.
	Context func(x *network.Exchange, c *Ctx)
}

// NewRegistry makes the table. Two entries of one key are a programmer's error and panic.
func NewRegistry(apis ...API) *Registry {
	r := &Registry{}
	for i := range apis {
		r.Add(apis[i])
	}
	return r
}

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

// Serve implements network.Handler.
func (r *Registry) Serve(x *network.Exchange) {
	h := x.Header
	var a *API
	if h.APIKey >= 0 && int(h.APIKey) < len(r.apis) {
		a = r.apis[h.APIKey]
	}
	if a == nil {
		x.Abort(fmt.Sprintf("API key %d (%s) is not served", h.APIKey, protocol.Name(h.APIKey)))
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
	c := Ctx{x: x, Header: h, Now: x.Received, Principal: "User:ANONYMOUS", Listener: x.Conn().Listener().Name}
	if r.Context != nil {
		r.Context(x, &c)
	}
	if err := a.serve(x, c); err != nil {
		x.Abort(fmt.Sprintf("cannot read %s request version %d from client %q: %v", protocol.Name(h.APIKey), h.APIVersion, c.ClientID(), err))
	}
}
