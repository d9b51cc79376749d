package purgatory

// The heap is binary and indexed. Every Op has its slot, so that its removal costs O(log n).

func (p *Purgatory) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if p.heap[parent].deadlineMs <= p.heap[i].deadlineMs {
			return
		}
		p.swap(i, parent)
		i = parent
	}
}

func (p *Purgatory) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(p.heap); child++ {
			if p.heap[child].deadlineMs < p.heap[least].deadlineMs {
				least = child
			}
		}
		if least == i {
			return
		}
		p.swap(i, least)
		i = least
	}
}

func (p *Purgatory) swap(i, j int) {
	p.heap[i], p.heap[j] = p.heap[j], p.heap[i]
	p.heap[i].slot, p.heap[j].slot = i+1, j+1
}

func (p *Purgatory) cut(i int) {
	last := len(p.heap) - 1
	op := p.heap[i]
	if i != last {
		p.swap(i, last)
	}
	p.heap[last] = nil
	p.heap = p.heap[:last]
	op.slot = 0
	if i != last {
		p.down(i)
		p.up(i)
	}
}
