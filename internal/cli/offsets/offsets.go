// Package offsets is kafka-get-offsets and kafka-delete-records: where partitions begin and end,
// and moving their beginning.
package offsets

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/topicname"
)

type getOptions struct {
	p       *opt.Parser
	set     *opt.Set
	cluster *client.Flags

	topicPartitions, topic, partitions, time, excludeInternal *opt.Spec
}

func newGetOptions() *getOptions {
	p := opt.New("An interactive shell for getting topic-partition offsets.")
	return &getOptions{
		p: p, cluster: client.AddFlags(p),
		topicPartitions: p.String("topic-partitions", "topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3",
			"Topics by regular expressions, each with a partition, a range of partitions (the upper end left out), or none for all."),
		topic:           p.String("topic", "topic", "The topic; a regular expression. All topics if left out."),
		partitions:      p.String("partitions", "partition ids", "Numbers of partitions with commas between. All if left out."),
		time:            p.String("time", "<timestamp> / -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload", "The first offset of that time in milliseconds or later.").Default("latest"),
		excludeInternal: p.Flag("exclude-internal-topics", "Leave out Kafka's own topics."),
	}
}

func runGet(e *tool.Env) int {
	o := newGetOptions()
	err := o.run(e)
	var usage *opt.UsageError
	var exit tool.Exit
	if err == nil || errors.As(err, &usage) || errors.As(err, &exit) || errors.Is(err, tool.ErrDone) {
		return e.Fail(err)
	}
	if e.Native() {
		return e.Fail(err)
	}
	e.Warn("Error occurred: %s", e.Message(err))
	return 1
}

func (o *getOptions) run(e *tool.Env) error {
	var err error
	if o.set, err = e.Parse(o.p, false); err != nil {
		return err
	}
	server, ok := o.cluster.Server(e, o.set)
	if !ok {
		return o.p.Require(o.set, o.cluster.Bootstrap)
	}
	if err := client.ValidateBootstrap(e, o.p, server); err != nil {
		return err
	}
	if err := o.set.Check(o.cluster.Bootstrap, o.cluster.Config, o.topicPartitions, o.topic, o.partitions, o.time); err != nil {
		return err
	}
	if o.set.Has(o.topicPartitions) && (o.set.Has(o.topic) || o.set.Has(o.partitions)) {
		return opt.Worded(opt.Errorf("--topic-partitions cannot be used with --topic or --partitions"), "--topic-partitions cannot be used with %s", opt.Owns("or", o.topic, o.partitions))
	}
	at, err := parseTime(o.set.String(o.time))
	if err != nil {
		return err
	}
	filter, err := o.filter()
	if err != nil {
		return err
	}
	conn := client.Options{Bootstrap: server, Props: client.Props{}, ClientID: "GetOffsetShell"}
	if o.set.Has(o.cluster.Config) {
		if conn.Props, err = client.ReadProps(o.set.String(o.cluster.Config)); err != nil {
			return err
		}
	}
	return o.print(e, conn, at, filter)
}

// moments are Kafka's numbers for special timestamps (ListOffsetsRequest).
var moments = []struct {
	word string
	at   int64
}{
	{"latest", -1}, {"earliest", -2}, {"max-timestamp", -3}, {"earliest-local", -4}, {"latest-tiered", -5}, {"earliest-pending-upload", -6},
}

func parseTime(text string) (int64, error) {
	for _, m := range moments {
		if m.word == text {
			return m.at, nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, opt.Worded(opt.Errorf("Malformed time argument %s. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp", text),
			"--time %s: the value is latest, earliest, max-timestamp, earliest-local, latest-tiered, earliest-pending-upload or a number of milliseconds", text)
	}
	return n, nil
}

type partition struct {
	topic  string
	number int32
}

func (p partition) String() string { return fmt.Sprintf("%s-%d", p.topic, p.number) }

func comparePartitions(a, b partition) int {
	return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.number, b.number))
}

func (o *getOptions) print(e *tool.Env, conn client.Options, at int64, filter filter) error {
	cl, err := client.New(e, conn)
	if err != nil {
		return err
	}
	defer cl.Close()
	md, err := client.Metadata(e.Ctx(), cl, nil)
	if err != nil {
		return client.Unreachable("listTopics", err)
	}
	req := kmsg.NewPtrListOffsetsRequest()
	for _, t := range md.Topics {
		if o.set.Has(o.excludeInternal) && (t.IsInternal || topicname.IsInternal(*t.Topic)) {
			continue
		}
		rt := kmsg.NewListOffsetsRequestTopic()
		rt.Topic = *t.Topic
		for _, p := range t.Partitions {
			if filter(*t.Topic, p.Partition) {
				rp := kmsg.NewListOffsetsRequestTopicPartition()
				rp.Partition, rp.Timestamp = p.Partition, at
				rt.Partitions = append(rt.Partitions, rp)
			}
		}
		if len(rt.Partitions) > 0 {
			req.Topics = append(req.Topics, rt)
		}
	}
	if len(req.Topics) == 0 {
		return errors.New("Could not match any topic-partitions with the specified filters")
	}
	return o.printOffsets(e, list(e, cl, req, leaderless(md)))
}

// printOffsets prints the partitions in order, and names those whose offset is not known. Kafka's
// tool exits with 0 all the same.
func (o *getOptions) printOffsets(e *tool.Env, found map[partition]answer) error {
	var skipped error
	for _, tp := range slices.SortedFunc(maps.Keys(found), comparePartitions) {
		if a := found[tp]; a.err != nil {
			e.Warn("Skip getting offsets for topic-partition %s due to error: %s", tp, e.Message(a.err))
			if e.Native() {
				skipped = tool.Exit(1)
			}
		} else if a.offset >= 0 {
			e.Print("%s:%d:%d\n", tp.topic, tp.number, a.offset)
		}
	}
	return skipped
}
