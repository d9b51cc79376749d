// Command failover measures how long a cluster of three processes acknowledges nothing after
// kill -9 of a node, and checks that no acknowledged record is lost or doubled.
//
//	CGO_ENABLED=0 go build -o bin/gregor ./cmd/gregor
//	go run ./test/failover -bin bin/gregor -runs 100
//
// The topic has 12 partitions, three replicas and min.insync.replicas=2. A producer sends records
// at a fixed rate with acks=all. Each run kills one node with all its roles: in turn the active
// controller, and a node that is not. The figure of a run is the longest time between two
// acknowledgements from the kill on.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	bin := flag.String("bin", "bin/gregor", "the program")
	runs := flag.Int("runs", 100, "how many nodes are killed")
	rate := flag.Int("rate", 500, "records a second")
	flag.Parse()
	if err := run(*bin, *runs, *rate); err != nil {
		fmt.Fprintln(os.Stderr, "failover: FAIL:", err)
		os.Exit(1)
	}
}

const topic = "failover"

func run(bin string, runs, rate int) error {
	c, err := newCluster(bin)
	if err != nil {
		return err
	}
	defer c.stop()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.addrs()...), kgo.DefaultProduceTopic(topic), kgo.MetadataMinAge(50*time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	if err != nil {
		return err
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	if err := create(admin); err != nil {
		return err
	}
	l := newLedger()
	stop := l.produce(cl, rate)
	var controllers, others []time.Duration
	for i := range runs {
		if err := c.awaitInSync(admin); err != nil {
			return err
		}
		victim, err := c.victim(cl, i%2 == 0)
		if err != nil {
			return err
		}
		killed := time.Now()
		c.kill(victim)
		time.Sleep(2 * time.Second)
		gap := l.longest(killed)
		if i%2 == 0 {
			controllers = append(controllers, gap)
		} else {
			others = append(others, gap)
		}
		if err := c.start(victim); err != nil {
			return err
		}
	}
	if err := c.awaitInSync(admin); err != nil {
		return err
	}
	stop()
	report("active controller and broker", controllers)
	report("broker", others)
	report("all", append(controllers, others...))
	return l.check(c.addrs())
}

// create makes the topic as soon as all nodes are registered.
func create(admin *kadm.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		r, err := admin.CreateTopic(ctx, 12, nodes, nil, topic)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("create: %w %s", err, r.ErrMessage)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// report prints the percentiles of the times without an acknowledgement.
func report(what string, gaps []time.Duration) {
	if len(gaps) == 0 {
		return
	}
	slices.Sort(gaps)
	at := func(p float64) time.Duration { return gaps[int(p*float64(len(gaps)-1))].Round(time.Millisecond) }
	fmt.Printf("%s: %d kills, no acknowledgement for p50 %v, p99 %v, at most %v\n", what, len(gaps), at(0.5), at(0.99), at(1))
}
