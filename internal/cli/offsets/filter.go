package offsets

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
)

// filter reports whether the command line picks a partition.
type filter func(topic string, partition int32) bool

func (o *getOptions) filter() (filter, error) {
	if o.set.Has(o.topicPartitions) {
		return parseRules(o.set.String(o.topicPartitions))
	}
	topics := func(string) bool { return true }
	if o.set.Has(o.topic) {
		f, err := client.NewFilter(o.set.String(o.topic))
		if err != nil {
			return nil, err
		}
		topics = f.Match
	}
	var numbers []int32
	if text := o.set.String(o.partitions); text != "" {
		for _, s := range strings.Split(text, ",") {
			n, err := strconv.ParseInt(s, 10, 32)
			if err != nil {
				return nil, opt.Worded(opt.Errorf("--partitions expects a comma separated list of numeric partition ids, but received: %s", text),
					"--partitions %s: the form is 0,1,2", text)
			}
			numbers = append(numbers, int32(n))
		}
	}
	return func(topic string, partition int32) bool {
		return topics(topic) && (len(numbers) == 0 || slices.Contains(numbers, partition))
	}, nil
}

// rule is TOPIC, TOPIC:PARTITION or TOPIC:FROM-TO, each part of which may be missing.
var rule = regexp.MustCompile(`^([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?$`)

func parseRules(text string) (filter, error) {
	var rules []filter
	for _, spec := range strings.Split(text, ",") {
		m := rule.FindStringSubmatch(spec)
		if m == nil {
			return nil, opt.Worded(client.Exceptionf("org.apache.kafka.tools.TerseException", "Invalid rule specification: %s", spec), ruleForm, spec)
		}
		expr := m[1]
		if expr == "" {
			expr = ".*"
		}
		topics, err := client.NewFilter(expr)
		if err != nil {
			return nil, err
		}
		low, high, err := bounds(m)
		if err != nil {
			return nil, err
		}
		rules = append(rules, func(topic string, p int32) bool {
			return topics.Match(topic) && int64(p) >= low && int64(p) < high
		})
	}
	return func(topic string, p int32) bool {
		return slices.ContainsFunc(rules, func(f filter) bool { return f(topic, p) })
	}, nil
}

const ruleForm = "--topic-partitions %s: the form is TOPIC, TOPIC:PARTITION or TOPIC:FROM-TO, with commas between several"

// bounds returns the partitions of a rule: low and above, below high.
func bounds(m []string) (low, high int64, err error) {
	number := func(text string, otherwise int64) int64 {
		if text == "" {
			return otherwise
		}
		n, perr := strconv.ParseInt(text, 10, 32)
		if perr != nil {
			err = opt.Worded(opt.Errorf("For input string: %q", text), ruleForm, m[0])
		}
		return n
	}
	if m[2] != "" {
		n := number(m[2], 0)
		return n, n + 1, err
	}
	return number(m[3], 0), number(m[4], math.MaxInt32), err
}
