package grouprecord

// StreamsGroupTopologyKey is the Kafka message StreamsGroupTopologyKey.
type StreamsGroupTopologyKey struct {
	_       struct{} `kafka:"key=23,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// StreamsGroupTopologyValue is the Kafka message StreamsGroupTopologyValue.
type StreamsGroupTopologyValue struct {
	_             struct{}                               `kafka:"key=23,versions=0,flexible=0+,data"`
	Epoch         int32                                  `kafka:"0+"`
	Subtopologies []StreamsGroupTopologyValueSubtopology `kafka:"0+"`
}

// StreamsGroupTopologyValueSubtopology is part of StreamsGroupTopologyValue.
type StreamsGroupTopologyValueSubtopology struct {
	SubtopologyID           string                                      `kafka:"0+"`
	SourceTopics            []string                                    `kafka:"0+"`
	SourceTopicRegex        []string                                    `kafka:"0+"`
	StateChangelogTopics    []StreamsGroupTopologyValueTopicInfo        `kafka:"0+"`
	RepartitionSinkTopics   []string                                    `kafka:"0+"`
	RepartitionSourceTopics []StreamsGroupTopologyValueTopicInfo        `kafka:"0+"`
	CopartitionGroups       []StreamsGroupTopologyValueCopartitionGroup `kafka:"0+"`
}

// StreamsGroupTopologyValueTopicInfo is part of StreamsGroupTopologyValue.
type StreamsGroupTopologyValueTopicInfo struct {
	Name              string                                 `kafka:"0+"`
	Partitions        int32                                  `kafka:"0+"`
	ReplicationFactor int16                                  `kafka:"0+"`
	TopicConfigs      []StreamsGroupTopologyValueTopicConfig `kafka:"0+"`
}

// StreamsGroupTopologyValueTopicConfig is part of StreamsGroupTopologyValue.
type StreamsGroupTopologyValueTopicConfig struct {
	Key   string `kafka:"0+"`
	Value string `kafka:"0+"`
}

// StreamsGroupTopologyValueCopartitionGroup is part of StreamsGroupTopologyValue.
type StreamsGroupTopologyValueCopartitionGroup struct {
	SourceTopics            []int16 `kafka:"0+"`
	SourceTopicRegex        []int16 `kafka:"0+"`
	RepartitionSourceTopics []int16 `kafka:"0+"`
}
