// Command samples prints random messages of every kind and version, one per line: Kafka's name of
// the message, its version, its bytes in hexadecimal. RoundTrip.java reads them.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"

	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func main() {
	rounds := flag.Int("rounds", 10, "messages of each version")
	seed := flag.Uint64("seed", 1, "seed of the random numbers")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	rnd := rand.New(rand.NewPCG(*seed, 0))
	for _, m := range protocoltest.All() {
		for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
			for round := range *rounds + 1 {
				m.SetDefaults()
				if round > 0 { // the first one has only defaults
					protocoltest.Fill(rnd, reflect.ValueOf(m).Elem(), v)
				}
				var w wire.Writer
				m.Encode(&w, v)
				fmt.Fprintf(out, "%s %d %x\n", m.MessageName(), v, w.Buf)
			}
		}
	}
}
