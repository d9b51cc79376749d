package config

import (
	"regexp"
	"strings"
)

// throttledReplicas is Kafka's ThrottledReplicaListValidator: "*", or partition:broker pairs.
type throttledReplicas struct{}

var replicaPair = regexp.MustCompile(`^[0-9]+:[0-9]+$`)

func (throttledReplicas) Check(name string, v any) error {
	list, ok := v.([]string)
	if !ok {
		return invalid(name, "null", "entry must be non null")
	}
	if len(list) == 1 && list[0] == "*" {
		return nil
	}
	for _, s := range list {
		if !replicaPair.MatchString(s) {
			return invalid(name, list,
				name+" must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...")
		}
	}
	return nil
}

func (throttledReplicas) String() string {
	return "[partitionId]:[brokerId],[partitionId]:[brokerId],..."
}

// offsetReset is the validator of share.auto.offset.reset: latest, earliest or
// by_duration:PnDTnHnMn.nS.
type offsetReset struct{}

var isoDuration = regexp.MustCompile(`^P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`)

func (offsetReset) Check(name string, v any) error {
	s, _ := v.(string)
	if s == "latest" || s == "earliest" {
		return nil
	}
	d, ok := strings.CutPrefix(s, "by_duration:")
	if ok && len(d) > 1 && !strings.HasSuffix(d, "T") && isoDuration.MatchString(strings.ToUpper(d)) {
		return nil
	}
	return invalid(name, display(v), "Invalid value `"+display(v)+"` for configuration "+name+
		". The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.")
}

func (offsetReset) String() string { return "[latest, earliest, by_duration:PnDTnHnMn.nS]" }

// nonEmptyElements is the validator of controller.quorum.voters and .bootstrap.servers: no element
// is empty.
type nonEmptyElements struct{}

func (nonEmptyElements) Check(name string, v any) error {
	list, _ := v.([]string)
	for _, s := range list {
		if s == "" {
			return errorf("Configuration '%s' values must not be empty.", name)
		}
	}
	return nil
}

func (nonEmptyElements) String() string { return "non-empty list" }
