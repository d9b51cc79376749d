package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

const startLimit = 60 * time.Second

// run is the whole test: start, load, kills with a check after each, and a final check of
// everything.
func (h *harness) run() error {
	defer func() {
		h.stop()
		if h.server.cmd != nil && h.server.alive() == nil {
			// The run is over. End the broker.
			_ = h.server.kill()
		}
	}()
	if err := h.server.start(); err != nil {
		return err
	}
	if err := h.server.ready(startLimit); err != nil {
		return err
	}
	if err := h.create(); err != nil {
		return err
	}
	h.startLoad()
	h.pause(500 * time.Millisecond)
	for n := 1; n <= h.o.kills; n++ {
		if err := h.cycle(n); err != nil {
			return err
		}
		if n%25 == 0 {
			fmt.Printf("crash: %d kills in %v; %s\n", n, time.Since(h.story.began).Round(time.Second), h.summary())
		}
	}
	return h.end()
}

func (h *harness) create() error {
	for _, t := range logTopics {
		configs := map[string]*string{}
		for k, v := range t.configs {
			configs[k] = &v
		}
		if _, err := h.admin.CreateTopic(h.ctx, t.partitions, 1, configs, t.name); err != nil {
			return fmt.Errorf("creating %s: %w", t.name, err)
		}
	}
	return h.shrinkOffsets()
}

// shrinkOffsets makes the log of committed positions roll and compact as often as the others.
func (h *harness) shrinkOffsets() error {
	set := func(name, value string) kadm.AlterConfig {
		return kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: &value}
	}
	for {
		// The first search for a coordinator creates the topic.
		_, err := h.admin.FetchOffsets(h.ctx, "group-0")
		if err == nil {
			rs, err := h.admin.AlterTopicConfigs(h.ctx, []kadm.AlterConfig{set("internal.segment.bytes", "20000"),
				set("min.cleanable.dirty.ratio", "0.02"), set("delete.retention.ms", "100"), set("segment.ms", "2000")}, "__consumer_offsets")
			if err == nil {
				_, err = rs.On("__consumer_offsets", func(r *kadm.AlterConfigsResponse) error { return r.Err })
			}
			return err
		}
		if time.Since(h.story.began) > startLimit {
			return fmt.Errorf("no group coordinator: %w", err)
		}
		h.pause(50 * time.Millisecond)
	}
}

func (h *harness) startLoad() {
	for i := range 2 {
		h.members = append(h.members, newCommits(fmt.Sprintf("members-%d", i)))
	}
	for i := range 12 {
		h.groups = append(h.groups, newGroup(fmt.Sprintf("group-%d", i)))
		h.topics = append(h.topics, newAdminTopic(fmt.Sprintf("adm-%d", i)))
	}
	rate := max(h.o.rate/4, 1)
	h.goLoad(1, func(r *rand.Rand) { h.produceLoop(r, rate, false) })
	h.goLoad(2, func(r *rand.Rand) { h.produceLoop(r, rate, false) })
	h.goLoad(3, func(r *rand.Rand) { h.produceLoop(r, rate, true) })
	h.goLoad(4, func(r *rand.Rand) { h.keyedLoop(r, 0, rate/2) })
	h.goLoad(5, func(r *rand.Rand) { h.keyedLoop(r, 1, rate/2) })
	for i := range uint64(4) {
		h.goLoad(10+i, func(r *rand.Rand) { h.memberLoop(r, h.members[i%2], i < 2) })
	}
	for i := range uint64(3) {
		h.goLoad(20+i, func(r *rand.Rand) { h.groupLoop(r, h.groups[i*4:i*4+4]) })
		h.goLoad(30+i, func(r *rand.Rand) { h.adminLoop(r, h.topics[i*4:i*4+4]) })
	}
}

// cycle is one kill and the start after it. The kill happens at one of three moments: during the
// start, soon after it, or at any time under load after a full check.
func (h *harness) cycle(n int) error {
	var wait time.Duration
	phase := "under load"
	switch k := h.rng.IntN(100); {
	case n == 1 || h.o.plant != "":
		wait = time.Duration(h.rng.IntN(2000)) * time.Millisecond
	case k < 25:
		phase, wait = "first 100 ms", time.Duration(h.rng.IntN(100_000))*time.Microsecond
	case k < 45:
		phase, wait = "0-2 s after exec", time.Duration(h.rng.IntN(2_000_000))*time.Microsecond
	default:
		wait = time.Duration(h.rng.IntN(2_000_000)) * time.Microsecond
	}
	if phase == "under load" {
		if err := h.server.ready(startLimit); err != nil {
			return err
		}
		if err := h.verify(); err != nil {
			return err
		}
	}
	time.Sleep(wait)
	if err := h.violated(); err != nil {
		return err
	}
	if err := h.server.kill(); err != nil {
		return err
	}
	for _, c := range h.members {
		c.killed()
	}
	h.phase[phase]++
	h.story.add("kill %d: %s, after %v", n, phase, wait)
	if h.o.plant != "" {
		if err := h.plant(); err != nil {
			return err
		}
	}
	return h.server.start()
}

// end stops the load: every record must get its answer. It then checks everything after a clean
// stop.
func (h *harness) end() error {
	if err := h.server.ready(startLimit); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	h.rest()
	for _, cl := range h.producers {
		if err := cl.Flush(ctx); err != nil {
			return broken("stuck", "producer", "%d records have no answer a minute after the last start", cl.BufferedProduceRecords())
		}
	}
	h.stop()
	h.load.Wait()
	// The end of the load cancels requests, which may take effect until the broker has stopped. A
	// check before that could see the state without them.
	if err := h.server.stop(30 * time.Second); err != nil {
		return err
	}
	h.story.add("clean stop")
	if err := h.server.start(); err != nil {
		return err
	}
	if err := h.server.ready(startLimit); err != nil {
		return err
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	if err := h.verify(); err != nil {
		return err
	}
	return h.leftovers()
}

// leftovers waits until every topic directory on the disk belongs to a topic that clients see.
func (h *harness) leftovers() error {
	limit := time.Now().Add(20 * time.Second)
	for {
		topics, err := h.admin.ListTopicsWithInternal(h.ctx)
		if err != nil {
			return err
		}
		known := map[string]bool{"__cluster_metadata-0": true}
		for _, t := range topics {
			for p := range t.Partitions {
				known[part{t.Topic, p}.String()] = true
			}
		}
		entries, err := os.ReadDir(filepath.Join(h.o.dir, "data"))
		if err != nil {
			return err
		}
		var left []string
		for _, e := range entries {
			// A kill can interrupt the deletion of a topic. The broker then keeps the rest aside,
			// as Apache Kafka does.
			if e.IsDir() && !known[e.Name()] && !strings.HasSuffix(e.Name(), "-stray") {
				left = append(left, e.Name())
			}
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(limit) {
			return broken("topic", left[0], "directories of no topic: %v", left)
		}
		h.pause(200 * time.Millisecond)
	}
}

// rest returns when the writers with keys are between two records.
func (h *harness) rest() {
	h.gate.Lock()
	defer h.gate.Unlock()
}
