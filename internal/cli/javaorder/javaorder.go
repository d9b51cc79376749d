// Package javaorder gives the order in which Java's HashMap hands out its keys. Apache Kafka's tools print in that order
// where they do not sort, and their output is compared byte for byte.
package javaorder

import (
	"slices"

	"github.com/gregorhq/gregor/internal/java"
)

// Strings sorts keys, given in the order in which they were put, into a HashMap's order. capacity is what the map was
// made with, 0 for the default.
func Strings(keys []string, capacity int) []string { return By(keys, capacity, java.HashCode) }

// By is Strings for keys of any type, whose hashCode is given.
func By[K any](keys []K, capacity int, hash func(K) int32) []K {
	size := tableSize(capacity, len(keys))
	bucket := func(k K) uint32 {
		h := uint32(hash(k))
		return (h ^ h>>16) & (size - 1)
	}
	out := slices.Clone(keys)
	slices.SortStableFunc(out, func(a, b K) int { return int(bucket(a)) - int(bucket(b)) })
	return out
}

// CopyCapacity is the capacity with which an empty HashMap makes itself that takes over another map of so many entries.
func CopyCapacity(entries int) int { return int(float32(entries)/0.75 + 1) }

// tableSize follows HashMap: a power of two that doubles when three quarters are taken.
func tableSize(capacity, entries int) uint32 {
	size := 16
	if capacity > 0 {
		for size = 1; size < capacity; size *= 2 {
		}
	}
	for entries > size*3/4 {
		size *= 2
	}
	return uint32(size)
}

// Partition is TopicPartition.hashCode.
func Partition(topic string, partition int32) int32 { return 31*(31+partition) + java.HashCode(topic) }
