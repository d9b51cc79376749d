package telemetry

import (
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata/metrics.golden")

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func TestMetricsPage(t *testing.T) {
	r := NewRegistry()
	r.Counter(bytesInMetric).Add(300)
	r.CounterWith(bytesInMetric, "a").Add(100)
	r.CounterWith(bytesInMetric, `b"\`).Add(200)
	r.CounterWith(requestsMetric, "Produce", "13").Add(7)
	r.Gauge(brokerStateMetric).Set(3)
	r.GaugeFunc(requestHandlerAvgIdleMetric, func() float64 { return 0.75 })
	r.Func(logSizeMetric, func(emit func(float64, ...string)) { emit(10, "a", "0"); emit(20, "a", "1") })
	r.OnScrape(func(emit Emit) { emit(fetchSessionsMetric, 4); emit(fetchSessionEvictionsMetric, 2) })
	for i := range 100 {
		r.Timer(totalTimeMetric, "Produce").Observe(time.Duration(i) * time.Millisecond)
	}
	r.Histogram(requestBytesMetric, "Produce").Record(5)
	r.Gauge(raftCurrentStateMetric, "leader").Set(1)
	h := Handler(HandlerOptions{Registry: r, NoProcess: true, Now: func() time.Time { return time.Unix(0, 0) }})
	code, page := get(t, h, "/metrics")
	if code != 200 {
		t.Fatal(code, page)
	}
	golden := filepath.Join("testdata", "metrics.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if page != string(want) {
		t.Errorf("the page changed (rewrite with -update):\n%s", page)
	}
}

func TestProcessSeries(t *testing.T) {
	_, page := get(t, Handler(HandlerOptions{Registry: NewRegistry()}), "/metrics")
	for _, name := range []string{"process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds ", "go_goroutines ", "go_memstats_heap_alloc_bytes "} {
		if !strings.Contains(page, "\n"+name) {
			t.Errorf("no %s", name)
		}
	}
}

func TestIndexPage(t *testing.T) {
	code, body := get(t, Handler(HandlerOptions{Health: NewHealth()}), "/")
	if code != 200 || body != "gregor\n\n/metrics\n/healthz\n/readyz\n" {
		t.Error(code, body)
	}
	if code, _ := get(t, Handler(HandlerOptions{}), "/nope"); code != 404 {
		t.Error(code)
	}
}

func TestHealthPages(t *testing.T) {
	health := NewHealth()
	h := Handler(HandlerOptions{Health: health})
	if code, body := get(t, h, "/readyz"); code != 200 || !strings.Contains(body, `"status": "ok"`) {
		t.Fatal(code, body)
	}
	health.Live("log-dirs", func() error { return nil })
	var fenced error = errors.New("the broker is fenced")
	health.Ready("registration", func() error { return fenced })
	if code, _ := get(t, h, "/healthz"); code != 200 {
		t.Fatal(code)
	}
	code, body := get(t, h, "/readyz")
	want := `{
  "status": "failing",
  "checks": [
    {
      "name": "log-dirs",
      "ok": true
    },
    {
      "name": "registration",
      "ok": false,
      "reason": "the broker is fenced"
    }
  ]
}
`
	if code != 503 || body != want {
		t.Fatal(code, body)
	}
	fenced = nil
	if code, _ := get(t, h, "/readyz"); code != 200 {
		t.Fatal(code)
	}
}

func TestPprofIsASwitch(t *testing.T) {
	if code, _ := get(t, Handler(HandlerOptions{}), "/debug/pprof/"); code != 404 {
		t.Fatal(code)
	}
	if code, _ := get(t, Handler(HandlerOptions{Pprof: true}), "/debug/pprof/"); code != 200 {
		t.Fatal(code)
	}
}
