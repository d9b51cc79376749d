package consumer

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func format(t *testing.T, class, props string, r *kgo.Record) string {
	t.Helper()
	var out, errs strings.Builder
	f, err := newFormatter(&tool.Env{Stderr: &errs}, class, client.ParsePairs(strings.Fields(props)))
	if err != nil {
		return "no formatter: " + err.Error()
	}
	w := bufio.NewWriter(&out)
	if err := f.write(w, r); err != nil {
		return "error: " + err.Error()
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String() + errs.String()
}

func TestTextFormatter(t *testing.T) {
	rec := &kgo.Record{Key: []byte("k"), Value: []byte("v"), Partition: 2, Offset: 7, LeaderEpoch: 3, Timestamp: time.UnixMilli(99),
		Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("1")}, {Key: "g"}}}
	four := &kgo.Record{Value: []byte{0, 0, 1, 0}}
	for _, c := range []struct {
		props, want string
		rec         *kgo.Record
	}{
		{"", "v\n", rec},
		{"", "null\n", &kgo.Record{}},
		{"", "\n", &kgo.Record{Value: []byte{}}},
		{"null.literal=NIL print.key=true", "NIL\tNIL\n", &kgo.Record{}},
		{"print.key=true key.separator=:", "k:v\n", rec},
		{"print.key=true print.value=false", "k\n", rec},
		{"print.value=false", "", rec},
		{"print.timestamp=true print.partition=true print.offset=true print.epoch=true print.headers=true print.key=true line.separator=;",
			"CreateTime:99\tPartition:2\tOffset:7\tEpoch:3\th:1,g:null\tk\tv;", rec},
		{"print.headers=true headers.separator=|", "h:1|g:null\tv\n", rec},
		{"print.headers=true", "NO_HEADERS\tnull\n", &kgo.Record{}},
		{"value.deserializer=org.apache.kafka.common.serialization.IntegerDeserializer", "256\n", four},
		{"value.deserializer=org.apache.kafka.common.serialization.FloatDeserializer", "1.5\n", &kgo.Record{Value: []byte{0x3f, 0xc0, 0, 0}}},
		{"value.deserializer=org.apache.kafka.common.serialization.BytesDeserializer", "\\x00\\x00\\x01\\x00\n", four},
		{"value.deserializer=org.apache.kafka.common.serialization.LongDeserializer", "error: Size of data received by LongDeserializer is not 8", four},
		{"value.deserializer=org.apache.kafka.common.serialization.LongDeserializer", "error: Size of data received by LongDeserializer is not 8", &kgo.Record{}},
		{"value.deserializer=bogus", "v\nERROR Unable to instantiate a deserializer from bogus\n", rec},
	} {
		if got := format(t, defaultFormatter, c.props, c.rec); got != c.want {
			t.Errorf("%s: %q, want %q", c.props, got, c.want)
		}
	}
	if got := format(t, "org.bogus", "", rec); got != "no formatter: org.bogus" {
		t.Error(got)
	}
}

// The texts are those of kafka-console-consumer 4.3 for the same records.
func TestRecordFormatters(t *testing.T) {
	const offsets, groups, transactions = "OffsetsMessageFormatter", "GroupMetadataMessageFormatter", "TransactionLogMessageFormatter"
	commitKey := protocol.New[grouprecord.OffsetCommitKey]()
	commitKey.Group, commitKey.Topic = "pcg", "pc"
	commit := protocol.New[grouprecord.OffsetCommitValue]()
	commit.Offset, commit.CommitTimestamp = 3, 1795363226263
	commit.TopicID, _ = wire.ParseUUID("tFhT5Oj6QfW6ngD1C4mTEg")
	groupKey := protocol.New[grouprecord.GroupMetadataKey]()
	groupKey.Group = "pcg"
	group := protocol.New[grouprecord.GroupMetadataValue]()
	group.ProtocolType, group.Generation, group.Protocol, group.Leader, group.CurrentStateTimestamp = "consumer", 2, nil, nil, 5
	member := protocol.New[grouprecord.GroupMetadataValueMemberMetadata]()
	member.MemberID, member.ClientHost, member.Subscription = "m-1", "/127.0.0.1", []byte{0, 3}
	withMember := *group
	withMember.Members = append(withMember.Members, *member)
	txnKey := protocol.New[txnrecord.TransactionLogKey]()
	txnKey.TransactionalID = "t"
	for _, c := range []struct {
		class      string
		key, value []byte
		want       string
	}{
		{offsets, must(grouprecord.EncodeKey(commitKey)), must(grouprecord.EncodeValue(commit, 4)),
			`{"key":{"type":1,"data":{"group":"pcg","topic":"pc","partition":0}},"value":{"version":4,"data":{"offset":3,"leaderEpoch":-1,"metadata":"","commitTimestamp":1795363226263,"topicId":"tFhT5Oj6QfW6ngD1C4mTEg"}}}`},
		{offsets, must(grouprecord.EncodeKey(commitKey)), nil, `{"key":{"type":1,"data":{"group":"pcg","topic":"pc","partition":0}},"value":null}`},
		{offsets, must(grouprecord.EncodeKey(groupKey)), nil, ""},
		{groups, must(grouprecord.EncodeKey(commitKey)), nil, ""},
		{groups, must(grouprecord.EncodeKey(groupKey)), must(grouprecord.EncodeValue(group, 3)),
			`{"key":{"type":2,"data":{"group":"pcg"}},"value":{"version":3,"data":{"protocolType":"consumer","generation":2,"protocol":null,"leader":null,"currentStateTimestamp":5,"members":[]}}}`},
		{groups, must(grouprecord.EncodeKey(groupKey)), must(grouprecord.EncodeValue(&withMember, 3)),
			`{"key":{"type":2,"data":{"group":"pcg"}},"value":{"version":3,"data":{"protocolType":"consumer","generation":2,"protocol":null,"leader":null,"currentStateTimestamp":5,"members":[{"memberId":"m-1","groupInstanceId":null,"clientId":"","clientHost":"/127.0.0.1","rebalanceTimeout":-1,"sessionTimeout":0,"subscription":"AAM=","assignment":""}]}}}`},
		{transactions, must(txnrecord.EncodeKey(txnKey)), nil, `{"key":{"type":0,"data":{"transactionalId":"t"}},"value":null}`},
		{offsets, []byte{0}, nil, "error: " + errShortRecord.Error()},
		{offsets, nil, []byte{0}, "error: " + errShortRecord.Error()},
	} {
		if got := format(t, "org.apache.kafka.tools.consumer."+c.class, "", &kgo.Record{Key: c.key, Value: c.value}); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.class, got, c.want)
		}
	}
}

// must returns the bytes of an encoding that cannot fail.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
