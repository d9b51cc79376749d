package metadata

import (
	"cmp"
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Record is one metadata record: a pointer to a struct of package metadatarecord. It is read-only
// after a Delta has replayed it or the quorum has proposed it.
type Record = protocol.Message

// keptKey names a record that the image keeps unchanged: ACLs, SCRAM credentials, quotas,
// delegation tokens. These have no typed view yet, but every snapshot must have them.
type keptKey struct {
	kind int16
	key  string
}

func compareKept(a, b keptKey) int {
	if c := cmp.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	return cmp.Compare(a.key, b.key)
}

// Record types of kept records: the api keys of their metadata records.
const (
	keptDelegationToken int16 = 10
	keptScram           int16 = 11
	keptQuota           int16 = 14
	keptACL             int16 = 18
	keptZkMigration     int16 = 21
)

func quotaKey(r *mr.ClientQuotaRecord) string {
	key := fmt.Sprintf("%q", r.Key)
	for _, e := range r.Entity {
		if e.EntityName == nil {
			key += fmt.Sprintf(" %q default", e.EntityType)
			continue
		}
		key += fmt.Sprintf(" %q %q", e.EntityType, *e.EntityName)
	}
	return key
}

func scramKey(name string, mechanism int8) string { return fmt.Sprintf("%d %s", mechanism, name) }

func uuidKey(id wire.UUID) string { return string(id[:]) }
