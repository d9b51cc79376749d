package config

func init() {
	tables[BrokerKey] = register(BrokerKey, identityKeys, networkKeys, logKeys, cleanerKeys, replicationKeys, groupsKeys,
		shareKeys, streamsKeys, transactionsKeys, tlsKeys, saslKeys, oauthbearerKeys, securityKeys, remoteKeys,
		metricsKeys, quotasKeys, gregorKeys)
	tables[TopicKey] = register(TopicKey, topicKeys, gregorTopicKeys)
	tables[GroupKey] = register(GroupKey, groupKeys)
}
