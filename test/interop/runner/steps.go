package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const partitions = 3

func (s *scenario) create(topic string) error {
	_, err := s.ask(query("create", "topic", topic, "partitions", strconv.Itoa(partitions)))
	return err
}

// listed returns the number of the topic's partitions that the client sees, or 0 when it does not
// list the topic.
func (s *scenario) listed(topic string) (int, error) {
	lines, err := s.ask("list")
	if err != nil {
		return 0, err
	}
	for _, l := range lines {
		if l.word == "topic" && l.values.Get("name") == topic {
			return strconv.Atoi(l.values.Get("partitions"))
		}
	}
	return 0, nil
}

func (s *scenario) list() error {
	n, err := s.listed(s.topic("main"))
	if err == nil && n != partitions {
		err = fmt.Errorf("the topic is listed with %d partitions, not %d", n, partitions)
	}
	return err
}

// sample returns the records for every codec: with and without a key, an empty value, a tombstone,
// and one value longer than lz4's block.
func (s *scenario) sample(tag string) []rec {
	var out []rec
	for i := range 60 {
		r := rec{partition: -1, value: []byte(fmt.Sprintf("%s-%d-%s", tag, i, strings.Repeat("to be or not to be ", i%9)))}
		if i%3 != 0 {
			r.key = []byte(fmt.Sprintf("key-%d", i%7))
		}
		switch s.about.Get("headers") {
		case "":
		case "same": // the client gives every record of a call the same headers, as text
			r.headers = map[string]string{"tag": tag, "empty": ""}
		default:
			r.headers = map[string]string{"n": strconv.Itoa(i), "bytes": "\x00\xff\x80", "empty": ""}
		}
		out = append(out, r)
	}
	if !s.about.Has("emptyisnull") {
		out = append(out, rec{partition: -1, key: []byte("empty"), value: []byte{}})
	}
	out = append(out, rec{partition: -1, key: []byte("long"), value: []byte(strings.Repeat("abcdefghijklmnopqrstuvwxyz0123456789", 2500) + tag)})
	if s.about.Has("tombstones") {
		out = append(out, rec{partition: -1, key: []byte("tombstone")})
	}
	return out
}

func (s *scenario) produce(topic, codec string, recs []rec, pairs ...string) error {
	lines := make([]string, 0, len(recs)+1)
	for _, r := range recs {
		lines = append(lines, r.line())
	}
	_, err := s.ask(query("produce", append(pairs, "topic", topic, "codec", codec)...), append(lines, "end")...)
	return err
}

func (s *scenario) read(topic string, count int, pairs ...string) ([]rec, error) {
	lines, err := s.ask(query("read", append(pairs, "topic", topic, "count", strconv.Itoa(count))...))
	got, bad := parseRecs(lines)
	if err == nil {
		err = bad
	}
	return got, err
}

// codec produces with one codec to a topic of its own and reads all records back.
func (s *scenario) codec(name string) error {
	if !slices.Contains(s.codecs, name) {
		return lacking("no " + name)
	}
	topic := s.topic(name)
	if err := s.create(topic); err != nil {
		return fmt.Errorf("creating the topic: %w", err)
	}
	sent := s.sample(name)
	if err := s.produce(topic, name, sent); err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	got, err := s.read(topic, len(sent))
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return compare(sent, got)
}

func (s *scenario) headers() error {
	if !s.about.Has("headers") {
		return lacking("no headers")
	}
	sent := s.sample("none")
	got, err := s.read(s.topic("none"), len(sent))
	if err != nil {
		return err
	}
	return compareHeaders(sent, got)
}

// idempotent produces with an idempotent producer, several batches to each partition, and checks
// for duplicates and order.
func (s *scenario) idempotent() error {
	if !s.about.Has("idempotent") {
		return lacking("no idempotent producer")
	}
	topic := s.topic("idempotent")
	if err := s.create(topic); err != nil {
		return fmt.Errorf("creating the topic: %w", err)
	}
	var sent []rec
	for i := range 100 {
		sent = append(sent, rec{partition: i % partitions, value: fmt.Appendf(nil, "%03d", i)})
	}
	// First wait for the partition's leader. Without one, Apache Kafka answers the first batch with
	// an error and the next, already in flight, with OUT_OF_ORDER_SEQUENCE_NUMBER, which sometimes
	// ends kafka-clients 3.9.1.
	if err := s.produce(topic, "none", sent[:partitions]); err != nil {
		return fmt.Errorf("producing before: %w", err)
	}
	if err := s.produce(topic, "none", sent[partitions:], "idempotent", "true"); err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	got, err := s.read(topic, len(sent))
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	last := map[int]string{}
	for _, g := range got {
		if string(g.value) <= last[g.partition] {
			return fmt.Errorf("%q came after %q in partition %d", g.value, last[g.partition], g.partition)
		}
		last[g.partition] = string(g.value)
	}
	return compare(sent, got)
}

func (s *scenario) delete() error {
	topic := s.topic("main")
	if _, err := s.ask(query("delete", "topic", topic)); err != nil {
		return err
	}
	for began := time.Now(); ; {
		n, err := s.listed(topic)
		if err != nil || n == 0 {
			return err
		}
		if time.Since(began) > 10*time.Second {
			return fmt.Errorf("the topic is still listed 10 s after it was deleted")
		}
	}
}
