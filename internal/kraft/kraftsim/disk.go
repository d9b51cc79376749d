package kraftsim

import (
	"encoding/binary"
	"slices"
	"sort"

	"github.com/gregorhq/gregor/internal/kraft"
)

// disk is a machine's disk. It survives the processes of the machine.
type disk struct {
	state kraft.State
	start kraft.Position
	// startSum is the sum of the log below start.
	startSum  uint64
	log       []entry
	durable   int64
	snapshots []snapshot
	// sets are the voters of the log: those before it, and one for each record that changes them.
	sets []voterSet
}

// entry is a batch of the log.
type entry struct {
	kraft.Batch
	// sum is a hash of all batches up to this one. Logs with equal sums at an offset are equal
	// below it.
	sum uint64
}

// snapshot is a complete and durable snapshot.
type snapshot struct {
	id      kraft.Position
	sum     uint64 // of the log below it
	maker   uint64 // the number of the file: two files of one id differ in it
	size    int64
	version int16
	voters  kraft.Voters
}

func (d *disk) end() int64 {
	if n := len(d.log); n > 0 {
		return d.log[n-1].Last + 1
	}
	return d.start.Offset
}

// last is the position of the log end.
func (d *disk) last() kraft.Position {
	if n := len(d.log); n > 0 {
		return kraft.Position{Offset: d.log[n-1].Last + 1, Epoch: d.log[n-1].Epoch}
	}
	return d.start
}

// find returns the index of the first batch that ends above offset.
func (d *disk) find(offset int64) int {
	return sort.Search(len(d.log), func(i int) bool { return d.log[i].Last >= offset })
}

// at returns the position and the sum at offset. It must be the boundary of a batch.
func (d *disk) at(offset int64) (p kraft.Position, sum uint64, ok bool) {
	if offset == d.start.Offset {
		return d.start, d.startSum, true
	}
	i := d.find(offset) // the batch that begins at offset
	if i == 0 || d.log[i-1].Last+1 != offset {
		return p, 0, false
	}
	return kraft.Position{Offset: offset, Epoch: d.log[i-1].Epoch}, d.log[i-1].sum, true
}

func (d *disk) add(b kraft.Batch) {
	before := d.startSum
	if n := len(d.log); n > 0 {
		before = d.log[n-1].sum
	}
	h := mix(before, binary.LittleEndian.Uint64(b.Bytes))
	h = mix(h, uint64(b.Base)<<20^uint64(b.Last)^uint64(b.Epoch)<<44)
	d.log = append(d.log, entry{Batch: b, sum: h})
	d.sets = withControl(d.sets, &b)
}

// voters returns the voters in force: those of the newest record.
func (d *disk) voters() voterSet { return d.sets[len(d.sets)-1] }

// truncate cuts the log at offset. It returns false when that is no boundary of a batch.
func (d *disk) truncate(offset int64) bool {
	if offset < d.start.Offset || offset > d.end() {
		return false
	}
	i := d.find(offset)
	if i < len(d.log) && d.log[i].Base != offset {
		return false
	}
	clear(d.log[i:])
	d.log = d.log[:i]
	d.durable = min(d.durable, offset)
	d.revert()
	return true
}

// revert removes the voters of records that are no longer in the log.
func (d *disk) revert() {
	for len(d.sets) > 1 && d.voters().from > d.end() {
		d.sets = d.sets[:len(d.sets)-1]
	}
}

// cut removes the log below a snapshot, and older snapshots.
func (d *disk) cut(s snapshot) {
	i := d.find(s.id.Offset)
	d.log = slices.Clone(d.log[i:])
	d.start, d.startSum = s.id, s.sum
	d.durable = max(d.durable, s.id.Offset)
	d.snapshots = slices.DeleteFunc(d.snapshots, func(o snapshot) bool { return o.id.Offset < s.id.Offset })
}

// reset replaces the whole log by a snapshot.
func (d *disk) reset(s snapshot) {
	d.log = nil
	d.start, d.startSum, d.durable = s.id, s.sum, s.id.Offset
	d.snapshots = []snapshot{s}
	d.sets = d.sets[:1]
	if len(s.voters) > 0 {
		d.sets[0] = voterSet{from: s.id.Offset, version: s.version, voters: s.voters}
	}
}

func (d *disk) snapshot(id kraft.Position) *snapshot {
	if i := slices.IndexFunc(d.snapshots, func(s snapshot) bool { return s.id == id }); i >= 0 {
		return &d.snapshots[i]
	}
	return nil
}

// open replaces the log by the newest snapshot when a power loss has cut the log below it: a node
// may make a snapshot of committed batches that its own disk does not hold yet.
func (d *disk) open() {
	if n := len(d.snapshots); n > 0 && d.snapshots[n-1].id.Offset > d.end() {
		d.reset(d.snapshots[n-1])
	}
}

// keep drops the batches that were not synced, besides the first n of them.
func (d *disk) keep(n int) {
	first := d.find(d.durable)
	d.log = d.log[:min(first+n, len(d.log))]
	d.revert()
}

// stored is what a node finds on the disk. A node's engine may join batches of metadata records.
func (d *disk) stored(join bool) kraft.Stored {
	d.durable = d.end()
	s := kraft.Stored{State: d.state, Start: d.start}
	for _, o := range d.snapshots {
		s.Snapshots = append(s.Snapshots, o.id)
		s.Version, s.Voters, s.VotersAt = o.version, o.voters, o.id
	}
	s.Batches = make([]kraft.Batch, 0, len(d.log))
	for i := range d.log {
		b := d.log[i].Batch
		b.Bytes = nil
		if n := len(s.Batches); join && n > 0 && b.Control == nil && s.Batches[n-1].Control == nil && s.Batches[n-1].Epoch == b.Epoch {
			s.Batches[n-1].Last = b.Last
			continue
		}
		s.Batches = append(s.Batches, b)
	}
	return s
}

// read returns the batches of a range.
func (d *disk) read(r kraft.Range) (out []kraft.Batch) {
	var size int64
	for i := d.find(r.From); i < len(d.log) && d.log[i].Last < r.Below; i++ {
		size += batchSize(&d.log[i].Batch)
		if len(out) > 0 && size > int64(r.MaxBytes) {
			break
		}
		out = append(out, d.log[i].Batch)
	}
	return out
}

func batchSize(b *kraft.Batch) int64 { return 61 + 20*(b.Last-b.Base+1) }

// A snapshot's file has a header of headerSize bytes, and each later byte depends on the maker and
// the place.
const headerSize = 40

func (s *snapshot) bytes(from, to int64) []byte {
	var header [headerSize]byte
	binary.LittleEndian.PutUint64(header[0:], uint64(s.id.Offset))
	binary.LittleEndian.PutUint64(header[8:], uint64(s.id.Epoch))
	binary.LittleEndian.PutUint64(header[16:], s.sum)
	binary.LittleEndian.PutUint64(header[24:], s.maker)
	binary.LittleEndian.PutUint64(header[32:], uint64(s.size))
	out := make([]byte, to-from)
	for i := range out {
		at := from + int64(i)
		if at < headerSize {
			out[i] = header[at]
			continue
		}
		out[i] = byte(mix(s.maker, uint64(at)))
	}
	return out
}

// parse reads a snapshot's file. It returns false when the bytes are not those of one file.
func parse(b []byte) (s snapshot, ok bool) {
	if len(b) < headerSize {
		return s, false
	}
	s.id.Offset = int64(binary.LittleEndian.Uint64(b))
	s.id.Epoch = int32(binary.LittleEndian.Uint64(b[8:]))
	s.sum = binary.LittleEndian.Uint64(b[16:])
	s.maker = binary.LittleEndian.Uint64(b[24:])
	s.size = int64(binary.LittleEndian.Uint64(b[32:]))
	if s.size != int64(len(b)) {
		return s, false
	}
	for i := headerSize; i < len(b); i++ {
		if b[i] != byte(mix(s.maker, uint64(i))) {
			return s, false
		}
	}
	return s, true
}
