// Package config declares every configuration key of a broker, a topic and a consumer group once.
// It turns the sources of a configuration into typed values: a .properties file, the environment of
// Kafka's official image, --override arguments, and the dynamic configurations of the metadata log.
//
// A Definition is one row. Parsing, validation with Kafka's texts, the answers of DescribeConfigs,
// the warnings about keys without effect, and docs/configuration.md follow from it. To add a key,
// add its row and read it where it has its effect: by a getter, or by a struct field with the tag
// `config:"KEY"`. TestEffectsAreHonest compares both.
//
// There are three types of values. Broker is the configuration as started: its getters serve the
// keys that cannot change. Dynamic gives the current value of every key. Values are all keys at one
// moment.
//
// A key's precedence, strongest first, as in Kafka: dynamic for this broker, dynamic for all
// brokers, static (override, then environment, then file), default. Synonyms follow the same order
// inside each level.
package config

//go:generate go run ./gen
