package logmanager

import (
	"log/slog"
	"runtime"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Options is what a Manager is made of.
type Options struct {
	FS   vfs.FS
	Dirs []string // log.dirs, absolute or relative paths
	Config
	// OnOffline is called once per directory that fails, with the logs it held, outside of all locks of the Manager.
	OnOffline func(dir string, logs []*Log, err error)
	// OnSync is told how long each sync of logs took, in nanoseconds of Clock. It must be quick; nil means nobody.
	OnSync func(ns int64)
	// Clock is nanoseconds of a clock that only measures how long things take; nil means the computer's.
	Clock  func() int64
	Logger *slog.Logger // nil means slog.Default
}

// Config is the part of a broker's configuration that log management reads. Times are in milliseconds, sizes in bytes.
type Config struct {
	RecoveryThreads         int   // num.recovery.threads.per.data.dir; all cores are used if that is more
	RecoveryCheckpointMs    int64 // log.flush.offset.checkpoint.interval.ms
	StartOffsetCheckpointMs int64 // log.flush.start.offset.checkpoint.interval.ms
	HighWatermarkMs         int64 // replica.high.watermark.checkpoint.interval.ms
	RetentionCheckMs        int64 // log.retention.check.interval.ms
	InitialTaskDelayMs      int64 // log.initial.task.delay.ms
	FlushSchedulerMs        int64 // log.flush.scheduler.interval.ms
	ProducerExpirationMs    int64 // producer.id.expiration.ms
	ProducerCheckMs         int64 // producer.id.expiration.check.interval.ms
	MaxOpenFiles            int   // files that idle logs may keep open together
	Cleaner                 CleanerConfig
}

// CleanerConfig is log.cleaner.*.
type CleanerConfig struct {
	Enable            bool
	Threads           int
	DedupeBytes       int
	IOBytes           int
	LoadFactor        float64
	MaxBytesPerSecond float64
	BackoffMs         int64
}

// ConfigFrom reads a broker's configuration.
func ConfigFrom(b *config.Broker) Config {
	return Config{
		RecoveryThreads:         b.Int("num.recovery.threads.per.data.dir"),
		RecoveryCheckpointMs:    b.Int64("log.flush.offset.checkpoint.interval.ms"),
		StartOffsetCheckpointMs: b.Int64("log.flush.start.offset.checkpoint.interval.ms"),
		HighWatermarkMs:         b.Int64("replica.high.watermark.checkpoint.interval.ms"),
		RetentionCheckMs:        b.Int64("log.retention.check.interval.ms"),
		InitialTaskDelayMs:      b.Int64("log.initial.task.delay.ms"),
		FlushSchedulerMs:        b.Int64("log.flush.scheduler.interval.ms"),
		ProducerExpirationMs:    b.Int64("producer.id.expiration.ms"),
		ProducerCheckMs:         b.Int64("producer.id.expiration.check.interval.ms"),
		MaxOpenFiles:            1024,
		Cleaner: CleanerConfig{
			Enable:            b.Bool("log.cleaner.enable"),
			Threads:           b.Int("log.cleaner.threads"),
			DedupeBytes:       int(b.Int64("log.cleaner.dedupe.buffer.size")),
			IOBytes:           b.Int("log.cleaner.io.buffer.size"),
			LoadFactor:        b.Float("log.cleaner.io.buffer.load.factor"),
			MaxBytesPerSecond: b.Float("log.cleaner.io.max.bytes.per.second"),
			BackoffMs:         b.Int64("log.cleaner.backoff.ms"),
		},
	}
}

// DefaultConfig is Kafka's defaults.
func DefaultConfig() Config { return ConfigFrom(config.Default()) }

// workers is how many logs of one directory are opened at once.
func (c *Config) workers() int { return max(c.RecoveryThreads, runtime.GOMAXPROCS(0), 1) }

// StorageConfig is what a log needs of its topic's configuration.
func StorageConfig(t *config.TopicConfig) *storage.Config {
	c := storage.DefaultConfig()
	c.SegmentBytes, c.SegmentMs, c.SegmentJitterMs = int64(t.SegmentBytes), t.SegmentMs, t.SegmentJitterMs
	c.SegmentIndexBytes, c.IndexIntervalBytes = int64(t.SegmentIndexBytes), int64(t.IndexIntervalBytes)
	c.Preallocate = t.Preallocate
	c.RetentionMs, c.RetentionBytes, c.FileDeleteDelayMs = t.RetentionMs, t.RetentionBytes, t.FileDeleteDelayMs
	c.MaxMessageBytes = t.MaxMessageBytes
	// Kafka's default is no bound at all, which is how a small batch puts a broker out of memory; a bound that somebody set holds.
	if t.MaxDecompressedMessageBytes < config.NoDecompressionLimit {
		c.MaxDecompressedBytes = t.MaxDecompressedMessageBytes
	}
	c.CleanupPolicy = 0
	if t.Delete {
		c.CleanupPolicy |= storage.CleanupDelete
	}
	if t.Compact {
		c.CleanupPolicy |= storage.CleanupCompact
	}
	c.DeleteRetentionMs = t.DeleteRetentionMs
	c.MinCompactionLagMs, c.MaxCompactionLagMs = t.MinCompactionLagMs, t.MaxCompactionLagMs
	c.MinCleanableDirtyRatio = t.MinCleanableDirtyRatio
	c.LogAppendTime = t.LogAppendTime
	c.TimestampBeforeMsMax, c.TimestampAfterMsMax = t.MessageTimestampBeforeMaxMs, t.MessageTimestampAfterMaxMs
	c.CompressionType, c.CompressionLevel = compression(t)
	c.FlushMessages, c.FlushMs = t.FlushMessages, t.FlushMs
	return c
}

func compression(t *config.TopicConfig) (storage.CompressionType, int) {
	switch t.CompressionType {
	case "uncompressed":
		return storage.CompressionUncompressed, 0
	case "gzip":
		return storage.CompressionGzip, t.CompressionGzipLevel
	case "snappy":
		return storage.CompressionSnappy, 0
	case "lz4":
		return storage.CompressionLZ4, t.CompressionLz4Level
	case "zstd":
		return storage.CompressionZstd, t.CompressionZstdLevel
	}
	return storage.CompressionProducer, 0
}
