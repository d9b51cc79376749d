package handlers

// DescribeLogDirs (key 35), versions 1-5.
//
// v2: flexible. v3: error code of the whole answer. v4: size of the file system (KIP-827). An
// offline directory answers KAFKA_STORAGE_ERROR and no replicas. Directories without a matching
// replica are listed too.

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
)

// LogDirLister describes log directories.
type LogDirLister interface {
	LogDirs(wanted func(topic string, partition int32) bool) []replication.DirInfo
}

var _ = declare(func(e Engines) API { return DescribeLogDirs(e.Replicas) })

// DescribeLogDirs makes the API.
func DescribeLogDirs(log LogDirLister) API {
	return NewAPI(1, 5, func(c *Ctx, req *protocol.DescribeLogDirsRequest) {
		resp := protocol.New[protocol.DescribeLogDirsResponse]()
		for _, d := range log.LogDirs(wantedReplicas(req)) {
			out := protocol.DescribeLogDirsResponseResult{ErrorCode: d.Err.Code(), LogDir: d.Path, TotalBytes: d.TotalBytes, UsableBytes: d.UsableBytes}
			for _, r := range d.Replicas {
				n := len(out.Topics)
				if n == 0 || out.Topics[n-1].Name != r.Topic {
					out.Topics = append(out.Topics, protocol.DescribeLogDirsResponseTopic{Name: r.Topic})
					n++
				}
				out.Topics[n-1].Partitions = append(out.Topics[n-1].Partitions, protocol.DescribeLogDirsResponsePartition{
					PartitionIndex: r.Partition, PartitionSize: r.SizeBytes, OffsetLag: r.OffsetLag})
			}
			resp.Results = append(resp.Results, out)
		}
		c.Respond(resp)
	})
}

// wantedReplicas is the request's choice; null is everything.
func wantedReplicas(req *protocol.DescribeLogDirsRequest) func(string, int32) bool {
	if req.Topics == nil {
		return func(string, int32) bool { return true }
	}
	chosen := map[topicPartition]bool{}
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			chosen[topicPartition{t.Topic, p}] = true
		}
	}
	return func(topic string, partition int32) bool { return chosen[topicPartition{topic, partition}] }
}
