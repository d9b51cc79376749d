package logmanager

import (
	"log/slog"
	"runtime"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Options are the options of New.
type Options struct {
	FS   vfs.FS
	Dirs []string // log.dirs, absolute or relative paths
	Config
	// OnOffline is called when a directory goes offline, once, with the logs that it held, and when
	// a log is damaged, with that log. The Manager holds no lock during the call.
	OnOffline func(dir string, logs []*Log, err error)
	// OnSync is called with the duration of each sync of logs, in nanoseconds. It must be quick.
	// Nil means that no one measures syncs.
	OnSync func(ns int64)
	// Host carries the manager; nil means this process.
	Host   host.Host
	Logger *slog.Logger // nil means slog.Default
}

// Config is the part of a broker's configuration that log management reads. Each field names its
// key.
type Config struct {
	// RecoveryThreads is the number of logs of one directory that are opened at the same time. The
	// number of cores counts if it is higher.
	RecoveryThreads         int   `config:"num.recovery.threads.per.data.dir"`
	RecoveryCheckpointMs    int64 `config:"log.flush.offset.checkpoint.interval.ms"`
	StartOffsetCheckpointMs int64 `config:"log.flush.start.offset.checkpoint.interval.ms"`
	HighWatermarkMs         int64 `config:"replica.high.watermark.checkpoint.interval.ms"`
	RetentionCheckMs        int64 `config:"log.retention.check.interval.ms"`
	InitialTaskDelayMs      int64 `config:"log.initial.task.delay.ms"`
	FlushSchedulerMs        int64 `config:"log.flush.scheduler.interval.ms"`
	ProducerExpirationMs    int64 `config:"producer.id.expiration.ms"`
	MaxProducerIDs          int   `config:"producer.ids.per.partition.max"`
	ProducerCheckMs         int64 `config:"producer.id.expiration.check.interval.ms"`
	MaxOpenFiles            int   // files that idle logs may keep open together
	Cleaner                 CleanerConfig
}

// CleanerConfig is log.cleaner.*.
type CleanerConfig struct {
	Enable            bool    `config:"log.cleaner.enable"`
	Threads           int     `config:"log.cleaner.threads"`
	DedupeBytes       int     `config:"log.cleaner.dedupe.buffer.size"`
	IOBytes           int     `config:"log.cleaner.io.buffer.size"`
	LoadFactor        float64 `config:"log.cleaner.io.buffer.load.factor"`
	MaxBytesPerSecond float64 `config:"log.cleaner.io.max.bytes.per.second"`
	BackoffMs         int64   `config:"log.cleaner.backoff.ms"`
}

// maxOpenFiles is the number of files that idle logs may keep open together.
const maxOpenFiles = 1024

// ConfigFrom reads the current settings of a broker. Give the result to SetConfig after every
// change.
func ConfigFrom(v *config.Values) Config {
	c := Config{MaxOpenFiles: maxOpenFiles}
	v.Fill(&c)
	return c
}

// workers is the number of logs of one directory that are opened at the same time.
func (c *Config) workers() int { return max(c.RecoveryThreads, runtime.GOMAXPROCS(0), 1) }

// StorageConfig takes from a topic's configuration what its logs need. Fields of storage.Config
// with a tag take the value of their key as it is.
func StorageConfig(t *config.TopicValues) *storage.Config {
	c := storage.DefaultConfig()
	t.Fill(c)
	if t.Has("internal.segment.bytes") {
		c.SegmentBytes = t.Int64("internal.segment.bytes")
	}
	// Kafka's default is no limit, so that a small batch can take all memory of a broker. A limit
	// that an operator sets holds.
	if n := t.Int("max.decompressed.message.bytes"); n < config.NoDecompressionLimit {
		c.MaxDecompressedBytes = n
	}
	c.CleanupPolicy = 0
	for _, policy := range t.List("cleanup.policy") {
		switch policy {
		case "delete":
			c.CleanupPolicy |= storage.CleanupDelete
		case "compact":
			c.CleanupPolicy |= storage.CleanupCompact
		}
	}
	c.LogAppendTime = t.String("message.timestamp.type") == "LogAppendTime"
	c.CompressionType, c.CompressionLevel = compression(t)
	return c
}

func compression(t *config.TopicValues) (storage.CompressionType, int) {
	switch t.String("compression.type") {
	case "uncompressed":
		return storage.CompressionUncompressed, 0
	case "gzip":
		return storage.CompressionGzip, t.Int("compression.gzip.level")
	case "snappy":
		return storage.CompressionSnappy, 0
	case "lz4":
		return storage.CompressionLZ4, t.Int("compression.lz4.level")
	case "zstd":
		return storage.CompressionZstd, t.Int("compression.zstd.level")
	}
	return storage.CompressionProducer, 0
}
