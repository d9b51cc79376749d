package protocol

import "strconv"

// API is what Kafka 4.4 says about one API key.
type API struct {
	Key int16
	// Name is Kafka's name, for example ApiVersions.
	Name string
	// MinVersion and MaxVersion are the versions that exist; MaxStable is the highest that a broker advertises unless
	// unstable versions are enabled.
	MinVersion, MaxVersion, MaxStable int16
	// FlexibleFrom is the first version with compact lengths and tagged fields.
	FlexibleFrom int16
	// ClusterAction marks the APIs that only brokers and controllers call.
	ClusterAction bool
}

// APIs lists all APIs by ascending key. The slice must not be changed.
func APIs() []API { return apis }

// LookupAPI finds an API by its key.
func LookupAPI(key int16) (API, bool) {
	if a := lookup(key); a != nil {
		return *a, true
	}
	return API{}, false
}

// byKey holds the index into apis plus one, so that a look-up is one array access.
var byKey = func() (t [256]uint8) {
	for i, a := range apis {
		t[a.Key] = uint8(i + 1)
	}
	return t
}()

func lookup(key int16) *API {
	if key < 0 || int(key) >= len(byKey) || byKey[key] == 0 {
		return nil
	}
	return &apis[byKey[key]-1]
}

// Name is Kafka's name of an API, or "Unknown(key)".
func Name(key int16) string {
	if a := lookup(key); a != nil {
		return a.Name
	}
	return "Unknown(" + strconv.Itoa(int(key)) + ")"
}

// RequestHeaderVersion is the version of the header in front of a request: 2 where the request is flexible, else 1. An API that is
// not known counts as not flexible.
func RequestHeaderVersion(key, version int16) int16 {
	if a := lookup(key); a != nil && version >= a.FlexibleFrom {
		return 2
	}
	return 1
}

// ResponseHeaderVersion is the version of the header in front of a response: 1 where it is flexible, else 0. An ApiVersions response
// always has version 0, because its reader may not know yet what the broker speaks (KIP-511).
func ResponseHeaderVersion(key, version int16) int16 {
	if a := lookup(key); a != nil && version >= a.FlexibleFrom && key != KeyAPIVersions {
		return 1
	}
	return 0
}
