package config

// topicSettings are the parsed values of every topic key.
type topicSettings map[string]any

// topicValues takes overrides that parse and the broker's values for the rest; the error is the first override,
// by name, that does not parse.
func topicValues(b *Broker, overrides map[string]string) (topicSettings, error) {
	v := make(topicSettings, len(tables[TopicKey]))
	for name, d := range tables[TopicKey] {
		v[name] = inherited(b, d)
	}
	var failed error
	for _, name := range sortedKeys(overrides) {
		d := Lookup(TopicKey, name)
		if d == nil {
			continue
		}
		parsed, err := d.ParseValue(overrides[name])
		if err == nil {
			v[name] = parsed
		} else if failed == nil {
			failed = err
		}
	}
	return v, failed
}

func (v topicSettings) int(name string) int       { return int(v[name].(int64)) }
func (v topicSettings) int64(name string) int64   { return v[name].(int64) }
func (v topicSettings) bool(name string) bool     { return v[name].(bool) }
func (v topicSettings) string(name string) string { return v[name].(string) }
func (v topicSettings) list(name string) []string { return v[name].([]string) }
func (v topicSettings) float(name string) float64 { return v[name].(float64) }

func (v topicSettings) topicConfig() *TopicConfig {
	t := &TopicConfig{
		SegmentBytes: v.int("segment.bytes"), SegmentMs: v.int64("segment.ms"),
		SegmentJitterMs: v.int64("segment.jitter.ms"), SegmentIndexBytes: v.int("segment.index.bytes"),
		IndexIntervalBytes: v.int("index.interval.bytes"), Preallocate: v.bool("preallocate"),
		RetentionBytes: v.int64("retention.bytes"), RetentionMs: v.int64("retention.ms"),
		LocalRetentionBytes: v.int64("local.retention.bytes"), LocalRetentionMs: v.int64("local.retention.ms"),
		FileDeleteDelayMs: v.int64("file.delete.delay.ms"),
		FlushMessages:     v.int64("flush.messages"), FlushMs: v.int64("flush.ms"), WriteCaching: v.bool("write.caching"),
		DeleteRetentionMs: v.int64("delete.retention.ms"), MinCompactionLagMs: v.int64("min.compaction.lag.ms"),
		MaxCompactionLagMs: v.int64("max.compaction.lag.ms"), MinCleanableDirtyRatio: v.float("min.cleanable.dirty.ratio"),
		MaxMessageBytes: v.int("max.message.bytes"), MaxDecompressedMessageBytes: v.int("max.decompressed.message.bytes"),
		CompressionType: v.string("compression.type"), CompressionGzipLevel: v.int("compression.gzip.level"),
		CompressionLz4Level: v.int("compression.lz4.level"), CompressionZstdLevel: v.int("compression.zstd.level"),
		LogAppendTime:                        v.string("message.timestamp.type") == "LogAppendTime",
		MessageTimestampBeforeMaxMs:          v.int64("message.timestamp.before.max.ms"),
		MessageTimestampAfterMaxMs:           v.int64("message.timestamp.after.max.ms"),
		MinInsyncReplicas:                    v.int("min.insync.replicas"),
		UncleanLeaderElectionEnable:          v.bool("unclean.leader.election.enable"),
		LeaderReplicationThrottledReplicas:   v.list("leader.replication.throttled.replicas"),
		FollowerReplicationThrottledReplicas: v.list("follower.replication.throttled.replicas"),
		RemoteStorageEnable:                  v.bool("remote.storage.enable"),
		RemoteLogCopyDisable:                 v.bool("remote.log.copy.disable"),
		RemoteLogDeleteOnDisable:             v.bool("remote.log.delete.on.disable"),
		RemoteCopyLagBytes:                   v.int64("remote.copy.lag.bytes"),
		RemoteCopyLagMs:                      v.int64("remote.copy.lag.ms"),
		ErrorsDeadletterqueueGroupEnable:     v.bool("errors.deadletterqueue.group.enable"),
	}
	for _, p := range v.list("cleanup.policy") {
		t.Compact = t.Compact || p == "compact"
		t.Delete = t.Delete || p == "delete"
	}
	if n, ok := v["internal.segment.bytes"].(int64); ok {
		t.SegmentBytes = int(n)
	}
	return t
}

// checkTogether holds the rules between topic keys (Kafka: LogConfig.validateTopicLogConfigValues).
func (v topicSettings) checkTogether(b *Broker) error {
	if low, high := v.int64("min.compaction.lag.ms"), v.int64("max.compaction.lag.ms"); low > high {
		return errorf("conflict topic config setting min.compaction.lag.ms (%d) > max.compaction.lag.ms (%d)", low, high)
	}
	if v.bool("remote.storage.enable") && !b.Bool("remote.log.storage.system.enable") {
		return errorf("Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")
	}
	return nil
}
