package config

import (
	"slices"
	"strings"
)

// checkNotEmpty refuses lists that a node needs and that are empty. Their validators take an empty
// list.
func (b *Values) checkNotEmpty() error {
	for _, k := range []string{"listeners", "log.dirs"} {
		if len(b.List(k)) == 0 {
			return mustNotBeEmpty(k, "any non-empty value")
		}
	}
	if len(b.List("process.roles")) == 0 {
		return mustNotBeEmpty("process.roles", "[broker, controller]")
	}
	return nil
}

func mustNotBeEmpty(key, valid string) error {
	return errorf("Configuration '%s' must not be empty. Valid values include: %s", key, valid)
}

// checkCordoned holds cordoned.log.dirs to the log directories.
func (b *Values) checkCordoned() error {
	var missing []string
	for _, dir := range b.List("cordoned.log.dirs") {
		if dir != "*" && !slices.Contains(b.List("log.dirs"), dir) {
			missing = append(missing, dir)
		}
	}
	if len(missing) > 0 {
		return requirement("All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : %s", strings.Join(missing, ", "))
	}
	return nil
}

// checkTogether holds the rules between broker keys (Kafka: KafkaConfig.validateValues).
func (b *Values) checkTogether() error {
	if b.Int64("log.retention.ms") == 0 {
		return requirement("log.retention.ms must be unlimited (-1) or, greater than or equal to 1")
	}
	if b.Int64("log.roll.ms") < 1 {
		return requirement("log.roll.ms must be greater than or equal to 1")
	}
	if b.Int64("log.roll.jitter.ms") < 0 {
		return requirement("log.roll.jitter.ms must be greater than or equal to 0")
	}
	if b.Int64("queued.max.request.bytes") > 0 && b.Int64("queued.max.request.bytes") < b.Int64("socket.request.max.bytes") {
		return requirement("queued.max.request.bytes must be larger or equal to socket.request.max.bytes")
	}
	if b.Int("max.connections.per.ip") == 0 && b.String("max.connections.per.ip.overrides") == "" {
		return requirement("max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.")
	}
	if codec := b.Int("offsets.topic.compression.codec"); codec < 0 || codec > 4 {
		return invalid("offsets.topic.compression.codec", codec, "Unknown compression type id: it must be 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) or 4 (zstd)")
	}
	for _, p := range orderedPairs {
		if b.Int64(p.low) > b.Int64(p.high) {
			return requirement("%s must be greater than or equal to %s", p.high, p.low)
		}
	}
	if err := b.checkCordoned(); err != nil {
		return err
	}
	return b.checkTimeouts()
}

// orderedPairs are keys of which the first must not be above the second.
var orderedPairs = []struct{ low, high string }{
	{"group.consumer.min.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"},
	{"group.consumer.min.heartbeat.interval.ms", "group.consumer.heartbeat.interval.ms"},
	{"group.consumer.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"},
	{"group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"},
	{"group.consumer.min.session.timeout.ms", "group.consumer.session.timeout.ms"},
	{"group.consumer.session.timeout.ms", "group.consumer.max.session.timeout.ms"},
	{"group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"},
	{"group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"},
	{"group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"},
	{"group.streams.min.heartbeat.interval.ms", "group.streams.max.heartbeat.interval.ms"},
}

func (b *Values) checkTimeouts() error {
	wait := b.Int64("replica.fetch.wait.max.ms")
	if wait > b.Int64("replica.socket.timeout.ms") {
		return requirement("replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts")
	}
	if wait > b.Int64("replica.lag.time.max.ms") {
		return requirement("replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR")
	}
	if b.Int("log.cleaner.threads") == 0 {
		return invalid("log.cleaner.threads", 0, "Value must be at least 1")
	}
	if b.Int64("log.cleaner.dedupe.buffer.size")/b.Int64("log.cleaner.threads") <= 1024*1024 {
		return requirement("log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.")
	}
	return nil
}
