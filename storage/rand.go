package storage

import "math/rand/v2"

// processRand is Options.Rand when the owner of a log gives none. No other file of the package uses
// the runtime's clock or random source.
func processRand() uint64 { return rand.Uint64() }
