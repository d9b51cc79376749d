package storage

import "github.com/gregorhq/gregor/record"

// legacyTimestampIn is timestampIn for an entry of format 0 or 1, which may wrap compressed ones.
func legacyTimestampIn(b []byte, to TimestampOffset, ts, from int64) (TimestampOffset, bool, error) {
	var rd record.MessageSetReader
	for rd.Reset(b, record.Limits{}); rd.Next(); {
		if rec := rd.Record(); rec.Timestamp >= ts && rec.Offset >= from {
			to.Timestamp, to.Offset = rec.Timestamp, rec.Offset
			return to, true, nil
		}
	}
	return to, rd.Err() != nil, nil
}
