package storage

import (
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

// readMarker reads the first record of a control batch; the error is record's.
func readMarker(r *record.Reader, b record.Batch) (marker, error) {
	r.Reset(b, record.Limits{})
	if !r.Next() {
		if err := r.Err(); err != nil {
			return marker{}, err
		}
		return marker{}, record.ErrCorrupt
	}
	rec := r.Record()
	m, err := record.ParseEndTxnMarker(rec.Key, rec.Value)
	if errors.Is(err, record.ErrInvalid) {
		return marker{timestamp: rec.Timestamp}, nil
	}
	return marker{endTxn: err == nil, abort: !m.Commit, timestamp: rec.Timestamp, coordinatorEpoch: m.CoordinatorEpoch}, err
}
