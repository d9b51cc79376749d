package telemetry

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// HandlerOptions are the options of Handler.
type HandlerOptions struct {
	Registry *Registry
	Health   *Health
	// Pprof serves /debug/pprof.
	Pprof bool
	// NoProcess leaves out the process_* and go_* series.
	NoProcess bool
	// Now is the clock of the timers' windows. It is time.Now when nil.
	Now func() time.Time
}

// Handler serves /metrics, /healthz, /readyz and optionally /debug/pprof. It opens no socket.
func Handler(o HandlerOptions) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	reg := prometheus.NewRegistry()
	if o.Registry != nil {
		reg.MustRegister(&collector{reg: o.Registry, now: o.Now})
	}
	if !o.NoProcess {
		reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4}))
	if o.Health != nil {
		mux.Handle("/healthz", healthPage(o.Health.CheckLive))
		mux.Handle("/readyz", healthPage(o.Health.CheckReady))
	}
	mux.HandleFunc("GET /{$}", index(o))
	if o.Pprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// index lists the pages, for people that open the address from the log.
func index(o HandlerOptions) http.HandlerFunc {
	pages := "gregor\n\n/metrics\n"
	if o.Health != nil {
		pages += "/healthz\n/readyz\n"
	}
	if o.Pprof {
		pages += "/debug/pprof/\n"
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, pages) // an error means that the client has closed the connection
	}
}

// healthPage answers 200 or 503 with every check and its reason.
func healthPage(run func() (bool, []CheckResult)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		ok, results := run()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		status := "ok"
		if !ok {
			status = "failing"
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		// An error means that the client has closed the connection.
		_ = enc.Encode(struct {
			Status string        `json:"status"`
			Checks []CheckResult `json:"checks"`
		}{status, results})
	})
}
