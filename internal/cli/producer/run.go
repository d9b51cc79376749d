package producer

import (
	"context"
	"errors"
	"io"

	"github.com/twmb/franz-go/pkg/kgo"
)

// later runs fn in a goroutine of its own.
func (p *producer) later(fn func()) { go fn() }

type line struct {
	rec *kgo.Record
	err error
}

// loop reads in another goroutine, because a read of a terminal cannot be interrupted.
func (p *producer) loop(ctx context.Context, reader *lineReader) error {
	lines := make(chan line)
	go func() {
		for {
			rec, err := reader.next()
			select {
			case lines <- line{rec, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case l := <-lines:
			if errors.Is(l.err, io.EOF) {
				return nil
			}
			if l.err != nil {
				return l.err
			}
			if err := p.send(ctx, l.rec); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}
