package group

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// One metadata string above offset.metadata.max.bytes refuses its partition only. The limit
// counts UTF-16 units, as Apache Kafka does: an emoji has 4 bytes and 2 units.
func TestMetadataTooLargeRefusesOnePartition(t *testing.T) {
	d := newDriver(DefaultConfig())
	d.quiet = true
	limit := d.config.OffsetMetadataMaxLength
	emoji := func(n int) *string { s := strings.Repeat("😀", n); return &s }
	req := protocol.New[protocol.OffsetCommitRequest]()
	req.GroupID = "g"
	for i, metadata := range []*string{emoji(limit / 2), emoji(limit/2 + 1), nil, emoji(limit)} {
		req.Topics = append(req.Topics, protocol.OffsetCommitRequestRequestTopic{Name: "t", Partitions: []protocol.OffsetCommitRequestRequestPartition{
			{PartitionIndex: int32(i), CommittedOffset: 5, CommittedMetadata: metadata}}})
	}
	var codes []protocol.Error
	d.onReply = func(_ string, r any) {
		if r, ok := r.(*protocol.OffsetCommitResponse); ok {
			for _, t := range r.Topics {
				codes = append(codes, protocol.Error(t.Partitions[0].ErrorCode))
			}
		}
	}
	d.do(d.s.CommitOffsets(d.now, 8, req, d.waiter("c")))
	want := []protocol.Error{protocol.ErrNone, protocol.ErrOffsetMetadataTooLarge, protocol.ErrNone, protocol.ErrOffsetMetadataTooLarge}
	for i := range want {
		if codes[i] != want[i] {
			t.Errorf("partition %d: %s, want %s", i, codes[i].Name(), want[i].Name())
		}
	}
	if n := len(d.s.offsets["g"]["t"]); n != 2 || d.s.unstable("g", "t", 1) {
		t.Errorf("%d offsets are stored, and something is pending", n)
	}
}

// A static member that comes back without its member id takes the place of its former id,
// without a rebalance, while the former id is alive and after a restart of the coordinator. The
// former id is fenced.
func TestStaticMemberComesBack(t *testing.T) {
	d := newDriver(DefaultConfig())
	d.config.InitialRebalanceDelayMs = 0
	step := func(want string, commands ...string) {
		t.Helper()
		d.take()
		for _, c := range commands {
			d.run(t, c)
		}
		if got := d.take(); !strings.Contains(got, want) {
			t.Errorf("%s: got\n%swant %q", commands[len(commands)-1], got, want)
		}
	}
	step(`b: sync NONE "B"`, "join a instance=i", "join b instance=j", "advance ms=0", "sync a gen=1 instance=i assign=a:A,b:B", "sync b gen=1 instance=j")
	for i, restart := range []bool{false, true, true} {
		if restart {
			d.reload()
		}
		name := string(rune('p' + i))
		step("join NONE", "join "+name+" instance=j")
		step(name+`: sync NONE "B"`, "sync "+name+" gen=1 instance=j")
		step("a: heartbeat NONE", "heartbeat a gen=1 instance=i") // no rebalance
		step("b: heartbeat FENCED_INSTANCE_ID", "heartbeat b gen=1 instance=j")
		step("b: commit FENCED_INSTANCE_ID", "commit b id=b gen=1 instance=j at=3")
	}
}
