package controller

import (
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// changes collects the records of a decision that changes partitions one by one. A partition that
// the request names again is changed from the state that the first change leaves.
type changes struct {
	e       Env
	records []Record
	// applied is how many of the records e.Image has.
	applied int
	touched map[partitionKey]bool
}

type partitionKey struct {
	topic wire.UUID
	index int32
}

// image returns the image for the next change of a partition.
func (c *changes) image(topic wire.UUID, index int32) *metadata.Image {
	key := partitionKey{topic, index}
	if c.touched[key] {
		c.e.Image = after(c.e, c.records[c.applied:])
		c.applied = len(c.records)
		clear(c.touched)
	}
	if c.touched == nil {
		c.touched = map[partitionKey]bool{}
	}
	c.touched[key] = true
	return c.e.Image
}

func (c *changes) add(r Record) {
	if r != nil {
		c.records = append(c.records, r)
	}
}

// after is the image as the first records of a decision make it. A decision with two changes needs
// it, so that the second one knows the first one.
func after(e Env, records []Record) *metadata.Image {
	if len(records) == 0 {
		return e.Image
	}
	d := metadata.NewDelta(e.Image)
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			return e.Image // the engine refuses the decision for the same reason
		}
	}
	image, err := d.Apply(e.NextOffset+int64(len(records))-1, e.Image.Epoch())
	if err != nil {
		return e.Image
	}
	return image
}
