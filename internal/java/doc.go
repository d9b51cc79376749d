// Package java holds the rules of the Java platform that Apache Kafka's settings and tools depend
// on: the text forms of numbers, String.trim and String.hashCode.
package java
