// Package topicname holds the rules about topic names: the names that Apache Kafka keeps for
// itself, and the names that a topic can have.
package topicname

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/java"
)

// Names of the topics that Kafka keeps its own state in.
const (
	// ConsumerOffsets is the log of the group coordinators.
	ConsumerOffsets = "__consumer_offsets"
	// TransactionState is the log of the transaction coordinators.
	TransactionState = "__transaction_state"
	// ShareGroupState is the log of the share coordinators.
	ShareGroupState = "__share_group_state"
	// ClusterMetadata is the log of the controllers. It is no topic that clients see.
	ClusterMetadata = "__cluster_metadata"
)

// Internal lists the topics that only brokers write to.
func Internal() []string { return []string{ConsumerOffsets, TransactionState, ShareGroupState} }

// IsInternal reports whether only brokers write to a topic (Topic.isInternal).
func IsInternal(name string) bool {
	switch name {
	case ConsumerOffsets, TransactionState, ShareGroupState:
		return true
	}
	return false
}

// maxLength is the length of the longest name: names of partition folders have a number behind it.
const maxLength = 249

// Problem returns Kafka's message about an illegal topic name, or "" for a legal one
// (Topic.validate).
func Problem(name string) string {
	switch {
	case name == "":
		return "Topic name is invalid: the empty string is not allowed"
	case name == "." || name == "..":
		return fmt.Sprintf("Topic name is invalid: '%s' is not allowed", name)
	case java.Length(name) > maxLength:
		return fmt.Sprintf("Topic name is invalid: the length of '%s' is longer than the max allowed length %d", name, maxLength)
	}
	for i := range len(name) {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-') {
			return fmt.Sprintf("Topic name is invalid: '%s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", name)
		}
	}
	return ""
}

// CollisionKey returns the form of a name in metric names, where '.' and '_' are equal. Two topics
// with one key collide (Topic.unifyCollisionChars).
func CollisionKey(name string) string { return strings.ReplaceAll(name, ".", "_") }

// HasCollisionChars reports whether another name can have the same CollisionKey.
func HasCollisionChars(name string) bool { return strings.ContainsAny(name, "._") }
