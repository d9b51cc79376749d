package protocol

import "strconv"

// API holds Kafka 4.4's facts about one API key.
type API struct {
	Key int16
	// Name is Kafka's name, for example ApiVersions.
	Name string
	// MinVersion and MaxVersion are the existing versions. MaxStable is the highest version that a
	// broker advertises without unstable versions.
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

// byKey holds the index into apis plus one, so that a lookup is one array access.
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

// Name returns Kafka's name of an API, or "Unknown(key)".
func Name(key int16) string {
	if a := lookup(key); a != nil {
		return a.Name
	}
	return "Unknown(" + strconv.Itoa(int(key)) + ")"
}

// RequestHeaderVersion returns the version of a request's header: 2 for a flexible request, else 1.
// An unknown API counts as not flexible.
func RequestHeaderVersion(key, version int16) int16 {
	if a := lookup(key); a != nil && version >= a.FlexibleFrom {
		return 2
	}
	return 1
}

// ResponseHeaderVersion returns the version of a response's header: 1 for a flexible response, else
// 0. It is always 0 for ApiVersions, because the client may not know the broker's versions yet
// (KIP-511).
func ResponseHeaderVersion(key, version int16) int16 {
	if a := lookup(key); a != nil && version >= a.FlexibleFrom && key != KeyAPIVersions {
		return 1
	}
	return 0
}
