package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestVersionLine compares with the lines of Kafka's NodeApiVersions.
func TestVersionLine(t *testing.T) {
	served := map[int16]kmsg.ApiVersionsResponseApiKey{
		0:   {ApiKey: 0, MinVersion: 0, MaxVersion: 99},
		3:   {ApiKey: 3, MinVersion: 0, MaxVersion: 5},
		1:   {ApiKey: 1, MinVersion: 0, MaxVersion: 1},
		2:   {ApiKey: 2, MinVersion: 99, MaxVersion: 99},
		999: {ApiKey: 999, MinVersion: 1, MaxVersion: 2},
	}
	for key, want := range map[int16]string{
		0:   "Produce(0): 0 to 99 [usable: 13]",
		3:   "Metadata(3): 0 to 5 [usable: 5]",
		1:   "Fetch(1): 0 to 1 [unusable: node too old]",
		2:   "ListOffsets(2): 99 [unusable: node too new]",
		8:   "OffsetCommit(8): UNSUPPORTED",
		999: "UNKNOWN(999): 1 to 2",
	} {
		if got := versionLine(key, served); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
