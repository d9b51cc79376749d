// Package protocol holds every message of Kafka's wire protocol (API keys 0 to 94) as a Go struct,
// with codecs for every version that Apache Kafka 4.4 serves. The packages below it do the same for
// the records in Kafka's logs. The structs are the schema: a generator (internal/protocol/gen, run
// by go generate) reads their field tags and writes the codecs. No codec is written by hand, and
// none uses reflection.
//
// # The tag language
//
// The tag of the blank field describes the whole message:
//
//	_ struct{} `kafka:"key=1,versions=4-18,flexible=12+,request"`
//
//	key=N            API key, or type of the record; absent for a message without one
//	versions=A-B     the versions that exist, or one: versions=0
//	stable=A-B       the advertised versions, when the newest version is unstable
//	flexible=N+      the first version with compact lengths and tagged fields (KIP-482), or none
//	request, response, header, data
//	clusteraction    only brokers and controllers send the message
//	name=X           Kafka's name, when Go's differs (APIVersionsRequest is ApiVersionsRequest)
//
// The tag of every other field lists its versions, and then its properties:
//
//	ClusterID *string `kafka:"12+,nullable=12+,tag=0,default=null"`
//
//	12+, 4-12, 4     the versions that have the field (always first)
//	nullable=V       the versions in which the field may be null: *string, *struct, []T, []byte,
//	                 wire.Records
//	tag=N            a tagged field; written only when it differs from its default. 10000 and
//	                 above are gregor's own
//	flexible=none    never compact, even in flexible versions (client id of the request header)
//	default=X        null, a number, true, or "text"; always last
//
// Without default=, a field has Kafka's default: zero, false, an empty string, an empty array, or a
// struct of defaults. A nullable field has the same default; only wire.Records defaults to null.
// Untagged fields are encoded in their order in the struct.
//
// A nil nullable slice is null. For other slices nil and empty are equal. In a version where a
// field cannot be null, nil is encoded as empty.
//
// # Decoding untrusted bytes
//
// A wire.Reader compares a count with the remaining bytes before it allocates, and a whole decode
// may allocate 8 times its input plus 32 KiB. Structs nest at most 8 deep, which the generator
// checks. Decode skips unknown tagged fields.
//
// Decode may be called again on a used struct and then reuses its slices; see Message.
package protocol
