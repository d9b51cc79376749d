package metadata

import (
	"fmt"
	"slices"
	"testing"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

func describe(d *Delta) (out string) {
	for _, td := range d.Topics() {
		out += fmt.Sprintf("%s old=%v new=%v changed=%v; ", td.Name, td.Old != nil, td.New != nil, td.Changed)
	}
	return out + fmt.Sprint(d.Configs(), d.Brokers())
}

// The difference of two images names what the delta between them names, also when the newer image
// was made from its snapshot and shares nothing with the older one.
func TestDifferenceIsTheDelta(t *testing.T) {
	value, other := "1", "2"
	base, _ := apply(t, Empty(), append(topicRecords(1, 3), topicRecords(2, 1)...)...)
	base, _ = apply(t, base, append(topicRecords(4, 2), &mr.ConfigRecord{ResourceType: ResourceTopic, ResourceName: "t00002", Name: "x", Value: &value},
		&mr.ConfigRecord{ResourceType: ResourceTopic, ResourceName: "t00001", Name: "x", Value: &value},
		&mr.RegisterBrokerRecord{BrokerID: 7, BrokerEpoch: 3})...)
	image, d := apply(t, base, append([]Record{change(1, 2), &mr.RemoveTopicRecord{TopicID: topicID(2)},
		&mr.ConfigRecord{ResourceType: ResourceTopic, ResourceName: "t00001", Name: "x", Value: &other}, &mr.UnregisterBrokerRecord{BrokerID: 7, BrokerEpoch: 3},
		&mr.RegisterBrokerRecord{BrokerID: 8, BrokerEpoch: 9}}, topicRecords(3, 2)...)...)
	fromSnapshot, _ := apply(t, Empty(), slices.Collect(image.Records())...)
	want := describe(d)
	for name, to := range map[string]*Image{"the same image": image, "from its snapshot": fromSnapshot} {
		if got := describe(Difference(base, to)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	if got := describe(Difference(image, image)); got != "[][]" && got != "[] []" {
		t.Errorf("an image differs from itself: %s", got)
	}
}
