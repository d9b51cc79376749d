// Package protocol holds every message of Kafka's wire protocol (API keys 0 to 94) as a Go struct, with codecs for every version that Apache
// Kafka 4.4 serves. The packages below it do the same for the records that Kafka keeps in its logs. The structs are the schema: a
// generator (internal/protocol/gen, run by go generate) reads their field tags and writes the codecs. Nothing is encoded by hand
// and nothing by reflection.
//
// # The tag language
//
// The blank field carries what concerns the whole message:
//
//	_ struct{} `kafka:"key=1,versions=4-18,flexible=12+,request"`
//
//	key=N            API key, or type of the record; left out where there is none
//	versions=A-B     the versions that exist, or one: versions=0
//	stable=A-B       those that a broker advertises, where the newest is still unstable
//	flexible=N+      compact lengths and tagged fields from version N on (KIP-482); flexible=none
//	request, response, header, data
//	clusteraction    only brokers and controllers send it
//	name=X           Kafka's name, where Go spells it differently (APIVersionsRequest is ApiVersionsRequest)
//
// Every other field says in which versions it exists, and more where need be:
//
//	ClusterID *string `kafka:"12+,nullable=12+,tag=0,default=null"`
//
//	12+, 4-12, 4     the versions that have the field (always first)
//	nullable=V       the versions in which it may be null: *string, *struct, []T, []byte, wire.Records
//	tag=N            a tagged field; written only when it differs from its default
//	flexible=none    never compact, even in flexible versions (the client id of the request header)
//	default=X        null, a number, true, or "text"; always last
//
// Without default=, the default is Kafka's: zero, false, an empty string, an empty array, a struct of defaults, also where the field is
// nullable; only wire.Records is null. The order of untagged fields is their order on the wire.
//
// Nullable slices are null when nil. Other slices may be nil or empty, which is the same. In a version where a field cannot be null, nil
// is written as empty.
//
// # Decoding strangers' bytes
//
// See wire.Reader: a count is compared with the bytes that remain before anything is allocated, and the whole decode may allocate 8 times
// its input plus 32 KiB. Structs nest at most 8 deep, which the generator checks. Unknown tagged fields are skipped and not kept.
//
// Decode may be called again on a struct used before; it then uses its slices again, see Message.
package protocol
