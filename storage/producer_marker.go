package storage

import (
	"encoding/binary"
	"errors"

	"github.com/gregorhq/gregor/record"
)

// marker is the control record of a control batch, as far as producer state needs it.
type marker struct {
	// endTxn is false for control records that end no transaction (leader change, snapshot header ...).
	endTxn, abort    bool
	coordinatorEpoch int32
	timestamp        int64
}

// Types of control records in their key (Kafka's ControlRecordType).
const (
	controlAbort  = 0
	controlCommit = 1
)

var errMarker = errors.New("invalid control record")

// readMarker reads the first record of a control batch: key is (version int16, type int16), the value of an end
// marker (version int16, coordinator epoch int32); newer versions may be longer.
func readMarker(r *record.Reader, b record.Batch) (marker, error) {
	r.Reset(b, record.Limits{})
	if !r.Next() {
		if err := r.Err(); err != nil {
			return marker{}, err
		}
		return marker{}, errMarker
	}
	rec := r.Record()
	if len(rec.Key) < 4 {
		return marker{}, errMarker
	}
	typ := int16(binary.BigEndian.Uint16(rec.Key[2:]))
	if typ != controlAbort && typ != controlCommit {
		return marker{timestamp: rec.Timestamp}, nil
	}
	if len(rec.Value) < 6 {
		return marker{}, errMarker
	}
	return marker{
		endTxn: true, abort: typ == controlAbort, timestamp: rec.Timestamp,
		coordinatorEpoch: int32(binary.BigEndian.Uint32(rec.Value[2:])),
	}, nil
}
