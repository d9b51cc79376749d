package dumplog

// Options say what to print of which files.
type Options struct {
	Files []string
	// PrintData prints keys and values. Deep prints records, and not only batches.
	PrintData, Deep bool
	// SkipMetadata leaves out control records and everything but the content of records.
	SkipMetadata bool
	// VerifyOnly checks indexes against their logs without printing them; SanityOnly makes only the
	// check of a start.
	VerifyOnly, SanityOnly bool
	// MaxMessageSize bounds how much of a log is read for an index entry, MaxBytes how much of a
	// log is printed.
	MaxMessageSize, MaxBytes int
	Decoder                  Decoder
	// KeyDecoder and ValueDecoder are Kafka's names of decoder classes; empty means text.
	KeyDecoder, ValueDecoder string
}

// Decoder says how keys and values are printed.
type Decoder int

// The decoders, in the order in which Kafka prefers them when several are asked for.
const (
	Strings Decoder = iota
	ShareState
	RemoteLogMetadata
	ClusterMetadata
	Transactions
	Offsets
)
