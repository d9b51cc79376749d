package groups

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/client"
)

// parseDatetime reads Kafka's YYYY-MM-DDThh:mm:ss.sss[zone], UTC without a zone, and returns
// milliseconds since 1970 (Utils.getDateTime).
func parseDatetime(text string) (int64, error) {
	_, clock, ok := strings.Cut(text, "T")
	if !ok || clock == "" {
		return 0, client.Exceptionf("java.text.ParseException", "Error parsing timestamp. It does not contain a 'T' according to ISO8601 format")
	}
	full := text
	if !strings.ContainsAny(clock, "+-Z") {
		full += "Z"
	}
	m := datetime.FindStringSubmatch(full)
	if m == nil {
		return 0, client.Exceptionf("java.text.ParseException", "Unparseable date: %q", full)
	}
	var n [7]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits only; too many of them fail the check below
	}
	at := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*int(time.Millisecond), time.UTC)
	// time.Date carries over values that are out of range; Java refuses them.
	if n[6] > 999 || at.Year() != n[0] || int(at.Month()) != n[1] || at.Day() != n[2] || at.Hour() != n[3] || at.Minute() != n[4] || at.Second() != n[5] {
		return 0, client.Exceptionf("java.text.ParseException", "Unparseable date: %q", full)
	}
	if m[8] != "Z" {
		hours, _ := strconv.Atoi(m[9])
		minutes, _ := strconv.Atoi(m[10])
		ahead := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
		if m[8][0] == '-' {
			ahead = -ahead
		}
		at = at.Add(-ahead)
	}
	return at.UnixMilli(), nil
}

// datetime: the last group of digits before the zone is a number of milliseconds, not a fraction,
// as in Java.
var datetime = regexp.MustCompile(`^([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})T([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})\.([0-9]{1,9})(Z|[+-]([0-9]{2})(?::([0-9]{2}))?)`)
