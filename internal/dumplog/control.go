package dumplog

import (
	"encoding/binary"
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/controlrecord"
	"github.com/gregorhq/gregor/record"
)

// control prints what a control record says.
func (w *logWriter) control(r record.Record) error {
	_, t, err := record.ParseControlKey(r.Key)
	if err != nil {
		return err
	}
	switch t {
	case record.ControlAbort, record.ControlCommit:
		m, err := record.ParseEndTxnMarker(r.Key, r.Value)
		if err == nil {
			fmt.Fprintf(w.d.out, " endTxnMarker: %s coordinatorEpoch: %d", t, m.CoordinatorEpoch)
		}
		return err
	case record.ControlLeaderChange:
		return w.message(" LeaderChange: ", protocol.New[controlrecord.LeaderChangeMessage](), r.Value)
	case record.ControlSnapshotHeader:
		return w.message(" SnapshotHeader ", protocol.New[controlrecord.SnapshotHeaderRecord](), r.Value)
	case record.ControlSnapshotFooter:
		return w.message(" SnapshotFooter ", protocol.New[controlrecord.SnapshotFooterRecord](), r.Value)
	case record.ControlKRaftVersion:
		return w.message(" KRaftVersion ", protocol.New[controlrecord.KRaftVersionRecord](), r.Value)
	case record.ControlKRaftVoters:
		return w.message(" KRaftVoters ", protocol.New[controlrecord.VotersRecord](), r.Value)
	}
	fmt.Fprintf(w.d.out, " controlType: UNKNOWN(%d)", t)
	return nil
}

// message prints a control message, whose first field is the version that it is written in.
func (w *logWriter) message(title string, m protocol.Message, value []byte) error {
	version := int16(0)
	if len(value) >= 2 {
		version = min(max(int16(binary.BigEndian.Uint16(value)), 0), m.MaxVersion())
	}
	if err := m.Decode(value, version); err != nil {
		return err
	}
	fmt.Fprintf(w.d.out, "%s%s", title, toJSON(m, version))
	return nil
}
