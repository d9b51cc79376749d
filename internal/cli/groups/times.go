package groups

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// parseDatetime reads Kafka's YYYY-MM-DDThh:mm:ss[.sss][zone], UTC without a zone, and returns milliseconds since 1970
// (Utils.getDateTime).
func parseDatetime(text string) (int64, error) {
	_, clock, ok := strings.Cut(text, "T")
	if !ok || clock == "" {
		return 0, errors.New("java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format")
	}
	full := text
	if !strings.ContainsAny(clock, "+-Z") {
		full += "Z"
	}
	for _, layout := range []string{"2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07:00"} {
		if at, err := time.Parse(layout, full); err == nil {
			return at.UnixMilli(), nil
		}
	}
	return 0, fmt.Errorf("java.text.ParseException: Unparseable date: %q", full)
}

var duration = regexp.MustCompile(`(?i)^([-+]?)P(?:([-+]?[0-9]+)D)?(T(?:([-+]?[0-9]+)H)?(?:([-+]?[0-9]+)M)?(?:([-+]?[0-9]+)(?:[.,]([0-9]{0,9}))?S)?)?$`)

// parseDuration reads PnDTnHnMn.nS as java.time.Duration does.
func parseDuration(text string) (time.Duration, error) {
	bad := errors.New("Text cannot be parsed to a Duration") //nolint:staticcheck // Java's text
	m := duration.FindStringSubmatch(text)
	if m == nil || strings.EqualFold(m[3], "T") || m[2]+m[4]+m[5]+m[6] == "" {
		return 0, bad
	}
	var total time.Duration
	for i, unit := range map[int]time.Duration{2: 24 * time.Hour, 4: time.Hour, 5: time.Minute, 6: time.Second} {
		if m[i] == "" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimPrefix(m[i], "+"), 10, 64)
		if err != nil || n > int64((1<<63-1)/unit) || n < -int64((1<<63-1)/unit) {
			return 0, bad
		}
		total += time.Duration(n) * unit
	}
	if m[7] != "" {
		n, _ := strconv.ParseInt((m[7] + "000000000")[:9], 10, 64) // digits only
		if strings.HasPrefix(m[6], "-") {
			n = -n
		}
		total += time.Duration(n)
	}
	if m[1] == "-" {
		total = -total
	}
	return total, nil
}
