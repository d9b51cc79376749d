package msgjson_test

import (
	"testing"

	"github.com/gregorhq/gregor/internal/cli/msgjson"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

type inner struct {
	TopicID    wire.UUID `kafka:"0+"`
	Partitions []int32   `kafka:"0+"`
}

type message struct {
	_        struct{} `kafka:"0-3"`
	GroupID  string   `kafka:"0+"`
	Leader   *string  `kafka:"1+,nullable=1+"`
	Old      int16    `kafka:"0-1"`
	Once     bool     `kafka:"2"`
	Blob     []byte   `kafka:"0+,nullable=0+"`
	Topics   []inner  `kafka:"0+"`
	Tagged   int64    `kafka:"0+,tag=0,default=-1"`
	Extra    string   `kafka:"0+,tag=1"`
	MemberID string
}

func TestAppend(t *testing.T) {
	leader := "a<b>&\"c\""
	full := &message{GroupID: "g", Leader: &leader, Old: 3, Once: true, Blob: []byte{1, 2}, Tagged: 7, Extra: "x",
		Topics: []inner{{Partitions: []int32{1, 2}}, {TopicID: wire.UUID{15: 1}}}}
	for _, c := range []struct {
		m       *message
		version int16
		want    string
	}{
		{&message{Tagged: -1}, 0, `{"groupId":"","old":0,"blob":null,"topics":[]}`},
		{&message{Tagged: -1}, 2, `{"groupId":"","leader":null,"once":false,"blob":null,"topics":[]}`},
		{&message{Tagged: -1, Blob: []byte{}}, 3, `{"groupId":"","leader":null,"blob":"","topics":[]}`},
		{full, 1, `{"groupId":"g","leader":"a<b>&\"c\"","old":3,"blob":"AQI=","topics":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAA","partitions":[1,2]},{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[]}],"tagged":7,"extra":"x"}`},
	} {
		if got := string(msgjson.Append(nil, c.m, c.version)); got != c.want {
			t.Errorf("version %d:\n%s\nwant\n%s", c.version, got, c.want)
		}
	}
}
