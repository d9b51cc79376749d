package metadata

import (
	"fmt"
	"maps"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// producerIDBlock is the last ProducerIdsRecord. A snapshot repeats it.
type producerIDBlock struct {
	brokerID    int32
	brokerEpoch int64
}

// replay applies a record outside of a transaction, or a record of an ended transaction.
func (d *Delta) replay(record Record) error {
	switch r := record.(type) {
	case *mr.TopicRecord:
		return d.replayTopic(r)
	case *mr.PartitionRecord:
		return d.replayPartition(r)
	case *mr.PartitionChangeRecord:
		return d.replayPartitionChange(r)
	case *mr.RemoveTopicRecord:
		return d.replayRemoveTopic(r)
	case *mr.ClearELRRecord:
		return d.replayClearELR(r)
	case *mr.ConfigRecord:
		d.replayConfig(r)
	case *mr.FeatureLevelRecord:
		d.replayFeature(r)
	case *mr.ProducerIDsRecord:
		d.replayProducerIDs(r)
	case *mr.NoOpRecord:
	default:
		if handled, err := d.replayCluster(record); handled {
			return err
		}
		return d.replaySecurity(record)
	}
	return nil
}

func (d *Delta) replayConfig(r *mr.ConfigRecord) {
	key := Resource{r.ResourceType, r.ResourceName}
	d.changedConfigs[key] = struct{}{}
	old, _ := d.configs.get(key)
	fresh := make(map[string]string, len(old)+1)
	maps.Copy(fresh, old)
	if r.Value == nil {
		delete(fresh, r.Name)
	} else {
		fresh[r.Name] = *r.Value
	}
	if len(fresh) == 0 {
		d.configs.remove(key)
		return
	}
	d.configs.set(key, fresh)
}

func (d *Delta) replayFeature(r *mr.FeatureLevelRecord) {
	if r.FeatureLevel == 0 {
		d.features.remove(r.Name)
		return
	}
	d.features.set(r.Name, r.FeatureLevel)
}

func (d *Delta) replayProducerIDs(r *mr.ProducerIDsRecord) {
	d.next.nextProducerID = r.NextProducerID
	d.next.producerIDs = &producerIDBlock{r.BrokerID, r.BrokerEpoch}
}

func (d *Delta) replaySecurity(record Record) error {
	switch r := record.(type) {
	case *mr.AccessControlEntryRecord:
		d.security.set(keptKey{keptACL, uuidKey(r.ID)}, r)
	case *mr.RemoveAccessControlEntryRecord:
		return d.removeKept(keptKey{keptACL, uuidKey(r.ID)}, "access control entry")
	case *mr.UserScramCredentialRecord:
		d.security.set(keptKey{keptScram, scramKey(r.Name, r.Mechanism)}, r)
	case *mr.RemoveUserScramCredentialRecord:
		return d.removeKept(keptKey{keptScram, scramKey(r.Name, r.Mechanism)}, "SCRAM credential")
	case *mr.DelegationTokenRecord:
		d.security.set(keptKey{keptDelegationToken, r.TokenID}, r)
	case *mr.RemoveDelegationTokenRecord:
		d.security.remove(keptKey{keptDelegationToken, r.TokenID})
	case *mr.ClientQuotaRecord:
		if r.Remove {
			d.security.remove(keptKey{keptQuota, quotaKey(r)})
		} else {
			d.security.set(keptKey{keptQuota, quotaKey(r)}, r)
		}
	case *mr.ZkMigrationStateRecord:
		d.security.set(keptKey{keptZkMigration, ""}, r)
	default:
		return fmt.Errorf("metadata: a record of type %T is not known", record)
	}
	return nil
}

func (d *Delta) removeKept(key keptKey, what string) error {
	if _, ok := d.security.get(key); !ok {
		return fmt.Errorf("metadata: an unknown %s is removed", what)
	}
	d.security.remove(key)
	return nil
}
