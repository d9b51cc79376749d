package groups

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/testkit"
)

func TestParseDatetime(t *testing.T) {
	for text, want := range map[string]int64{
		"2020-09-13T12:26:40.000":       1_600_000_000_000,
		"2020-09-13T12:26:40.5":         1_600_000_000_005, // milliseconds, not a fraction
		"2020-09-13T12:26:40.000Z":      1_600_000_000_000,
		"2020-09-13T14:26:40.000+02:00": 1_600_000_000_000,
		"2020-09-13T10:26:40.000-02":    1_600_000_000_000,
		"1970-01-01T00:00:00.000":       0,
	} {
		if got, err := parseDatetime(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2020-09-13", "2020-09-13T", "2020-09-13T12:26:40", "2020-13-13T12:26:40.000", "2020-02-30T00:00:00.000",
		"2020-09-13T24:00:00.000", "2020-09-13T12:26:40.1000", "xT1:1:1.1"} {
		if got, err := parseDatetime(text); err == nil {
			t.Errorf("%s: %d", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "PT1H": time.Hour, "P1D": 24 * time.Hour, "P2DT3H4M5.5S": 51*time.Hour + 4*time.Minute + 5500*time.Millisecond,
		"-PT1M": -time.Minute, "PT-1M": -time.Minute, "pt1m": time.Minute, "PT-0.5S": -500 * time.Millisecond,
	} {
		if got, err := client.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "1h", "P1DT", "PT99999999999999999999S", "P1M", "PT999999999999999H"} {
		if got, err := client.ParseDuration(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func FuzzReadings(f *testing.F) {
	f.Add("2020-09-13T12:26:40.000+02:00")
	f.Add("P2DT3H4M5.5S")
	f.Add(`g,"a""b",0,1`)
	f.Add("t:0,1,2")
	f.Fuzz(func(t *testing.T, text string) {
		testkit.Bounded(t)
		// No input makes them panic.
		_, _ = parseDatetime(text)
		_, _ = client.ParseDuration(text)
		_, _ = parseTopicArg(text)
		isShort(text)
	})
}
