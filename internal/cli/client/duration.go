package client

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// reset is a value of auto.offset.reset.
type reset struct {
	word string
	// ago is the duration of by_duration.
	ago time.Duration
}

// parseReset reads auto.offset.reset; the error is Kafka's.
func parseReset(text string) (reset, error) {
	switch text {
	case "", "latest":
		return reset{word: "latest"}, nil
	case "earliest", "none":
		return reset{word: text}, nil
	}
	if word, duration, ok := strings.Cut(text, ":"); ok && word == "by_duration" {
		if ago, err := ParseDuration(duration); err == nil && ago >= 0 {
			return reset{word, ago}, nil
		}
	}
	return reset{}, fmt.Errorf("Invalid value `%s` for configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.", text)
}

// opts says where a consumer without a position begins.
func (r reset) opts() []kgo.Opt {
	at := kgo.NewOffset().AtEnd()
	switch r.word {
	case "earliest":
		at = kgo.NewOffset().AtStart()
	case "by_duration":
		at = kgo.NewOffset().AfterMilli(time.Now().Add(-r.ago).UnixMilli())
	case "none":
		return []kgo.Opt{kgo.ConsumeStartOffset(kgo.NewOffset().AtCommitted()), kgo.ConsumeResetOffset(kgo.NoResetOffset())}
	}
	return []kgo.Opt{kgo.ConsumeResetOffset(at)}
}

var duration = regexp.MustCompile(`(?i)^([-+]?)P(?:([-+]?[0-9]+)D)?(T(?:([-+]?[0-9]+)H)?(?:([-+]?[0-9]+)M)?(?:([-+]?[0-9]+)(?:[.,]([0-9]{0,9}))?S)?)?$`)

// ParseDuration reads PnDTnHnMn.nS as java.time.Duration does.
func ParseDuration(text string) (time.Duration, error) {
	bad := errors.New("Text cannot be parsed to a Duration")
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
