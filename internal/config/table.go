package config

import "slices"

// Section is a group of keys about one subject, in the order in which docs and help list them.
type Section struct {
	Title string
	Kind  Kind
	Keys  []Definition // sorted by name within Kafka's; do not change
}

var allTopicKeys = slices.Concat(topicKeys, gregorTopicKeys)

var sections = []Section{
	{"The node, its controllers and its metadata log", BrokerKey, identityKeys},
	{"Listeners, sockets and threads", BrokerKey, networkKeys},
	{"Logs and the topics in them", BrokerKey, logKeys},
	{"Defaults of topic keys", BrokerKey, brokerDefaults(allTopicKeys)},
	{"Log compaction", BrokerKey, cleanerKeys},
	{"Replicas and leaders", BrokerKey, replicationKeys},
	{"Consumer groups and committed offsets", BrokerKey, groupsKeys},
	{"Share groups", BrokerKey, shareKeys},
	{"Streams groups", BrokerKey, streamsKeys},
	{"Transactions and producer ids", BrokerKey, transactionsKeys},
	{"Authorisation, policies and delegation tokens", BrokerKey, securityKeys},
	{"TLS", BrokerKey, tlsKeys},
	{"SASL and Kerberos", BrokerKey, saslKeys},
	{"SASL/OAUTHBEARER", BrokerKey, oauthbearerKeys},
	{"Quotas", BrokerKey, quotasKeys},
	{"Metrics and client telemetry", BrokerKey, metricsKeys},
	{"Tiered storage", BrokerKey, remoteKeys},
	{"gregor's own", BrokerKey, gregorKeys},
	{"Topics", TopicKey, inheriting(allTopicKeys)},
	{"Groups", GroupKey, groupKeys},
}

// Sections lists all keys by subject.
func Sections() []Section { return slices.Clone(sections) }

var tables = buildTables()

func buildTables() (t [3]map[string]*Definition) {
	for kind := range t {
		t[kind] = make(map[string]*Definition)
	}
	for _, s := range sections {
		for i := range s.Keys {
			d := &s.Keys[i]
			if t[s.Kind][d.Name] != nil {
				panic("config: " + d.Name + " is declared twice")
			}
			t[s.Kind][d.Name] = d
		}
	}
	return t
}
