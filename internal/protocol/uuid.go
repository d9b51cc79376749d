package protocol

import (
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// NewUUID draws a random id as Kafka's Uuid.randomUuid does. It has version 4, and its text does
// not begin with a dash, because tools would read that as an option.
func NewUUID(r host.Random) wire.UUID {
	for {
		if id := wire.UUID(host.UUID(r)); id.String()[0] != '-' {
			return id
		}
	}
}
