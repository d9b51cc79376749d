package config

// removed are keys that older Kafka versions had and 4.4 does not; files of that age still name
// them.
var removed = map[string]string{
	"advertised.host.name":                    "Apache Kafka 3.0 removed it; use advertised.listeners",
	"advertised.port":                         "Apache Kafka 3.0 removed it; use advertised.listeners",
	"broker.id.generation.enable":             "ids are not generated; set node.id",
	"control.plane.listener.name":             "Apache Kafka 4.0 removed it",
	"controlled.shutdown.max.retries":         "Apache Kafka 4.0 removed it",
	"controlled.shutdown.retry.backoff.ms":    "Apache Kafka 4.0 removed it",
	"delegation.token.master.key":             "Apache Kafka 4.0 removed it; use delegation.token.secret.key",
	"group.coordinator.new.enable":            "the new group protocol is always served",
	"host.name":                               "Apache Kafka 3.0 removed it; use listeners",
	"inter.broker.protocol.version":           "Apache Kafka 4.0 removed it; the metadata version is a feature of the cluster",
	"leader.imbalance.per.broker.percentage":  "Apache Kafka 4.0 removed it; any imbalance is corrected",
	"log.cleaner.min.cleanable.dirty.ratio":   "the key is log.cleaner.min.cleanable.ratio",
	"log.message.downconversion.enable":       "Apache Kafka 4.0 removed it; messages are never down-converted",
	"log.message.format.version":              "Apache Kafka 4.0 removed it; the format is always v2",
	"log.message.timestamp.difference.max.ms": "Apache Kafka 4.0 removed it; use log.message.timestamp.before.max.ms and .after.max.ms",
	"offsets.commit.required.acks":            "Apache Kafka 4.0 removed it; commits always wait for the in-sync replicas",
	"password.encoder.cipher.algorithm":       "it belongs to ZooKeeper",
	"password.encoder.iterations":             "it belongs to ZooKeeper",
	"password.encoder.key.length":             "it belongs to ZooKeeper",
	"password.encoder.keyfactory.algorithm":   "it belongs to ZooKeeper",
	"password.encoder.old.secret":             "it belongs to ZooKeeper",
	"password.encoder.secret":                 "it belongs to ZooKeeper",
	"port":                                    "Apache Kafka 3.0 removed it; use listeners",
	"reserved.broker.max.id":                  "ids are not generated; set node.id",
}

// ofPlugins are keys that belong to classes which Apache Kafka loads, so that it does not declare
// them itself.
var ofPlugins = map[string]string{
	"super.users":                    laterACLs,
	"allow.everyone.if.no.acl.found": laterACLs,
}
