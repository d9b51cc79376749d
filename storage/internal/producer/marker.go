package producer

import (
	"errors"

	"github.com/gregorhq/gregor/record"
)

// Marker is the control record of a control batch, as far as it concerns transactions.
type Marker struct {
	// EndTxn is false for control records that end no transaction (leader change, snapshot header
	// ...).
	EndTxn, Abort    bool
	coordinatorEpoch int32
	timestamp        int64
}

// ReadMarker reads the first record of a control batch; the error is record's.
func ReadMarker(r *record.Reader, b record.Batch) (Marker, error) {
	r.Reset(b, record.Limits{})
	if !r.Next() {
		if err := r.Err(); err != nil {
			return Marker{}, err
		}
		return Marker{}, record.ErrCorrupt
	}
	rec := r.Record()
	m, err := record.ParseEndTxnMarker(rec.Key, rec.Value)
	if errors.Is(err, record.ErrInvalid) {
		return Marker{timestamp: rec.Timestamp}, nil
	}
	return Marker{EndTxn: err == nil, Abort: !m.Commit, timestamp: rec.Timestamp, coordinatorEpoch: m.CoordinatorEpoch}, err
}
