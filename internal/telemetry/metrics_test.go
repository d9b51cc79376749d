package telemetry

import "testing"

// A name that two metrics share would show two meanings under one series.
func TestMetricIsDeclaredOnce(t *testing.T) {
	const name = "gregor_declared_once"
	t.Cleanup(func() { delete(declared, name) })
	m := Declare(Metric{Name: name, Type: GaugeType, Help: "For this test."})
	if all := Metrics(); len(all) != 1 || all[0] != m {
		t.Fatalf("%d metrics are declared", len(all))
	}
	defer func() {
		if recover() == nil {
			t.Error("a second metric took the name")
		}
	}()
	Declare(Metric{Name: name})
}
