package drv

import (
	"bufio"
	"context"
)

// untilClosed returns a context that ends when the runner closes the driver's input.
func untilClosed(in *bufio.Scanner) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for in.Scan() {
		}
		cancel()
	}()
	return ctx
}
