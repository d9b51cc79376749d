// Package config declares every configuration key of a broker, a topic and a consumer group once, and turns
// what a user wrote (a .properties file, the environment of Kafka's official image, --override arguments,
// dynamic configurations from the metadata log) into immutable, typed values.
//
// Everything else about a key is derived from its Definition: parsing, validation in Kafka's own wording,
// the answer of DescribeConfigs, the warning for a key without effect, and docs/configuration.md.
//
// A key's precedence, strongest first, as in Kafka: dynamic for this broker, dynamic for all brokers, static
// (override, then environment, then file), default. Synonyms follow the same order inside each level.
package config

//go:generate go run ./gen
