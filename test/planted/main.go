// Command planted shows that the simulator finds bugs: it plants one bug after the other in the
// source, only in the build, and runs sessions of internal/sim until one of them reports the broken
// promise.
//
//	go run ./test/planted                  # every bug of the table, 40 seeds at most for each
//	go run ./test/planted -only fsync -v   # bugs whose name matches
//	go run ./test/planted -markdown        # the table for docs/simulator.md
//
// It exits with 1 when it does not find a bug, or when the place to plant it no longer exists.
package main

import (
	"os"
	"time"

	"github.com/gregorhq/gregor/test/planted/plant"
)

func main() {
	os.Exit(plant.Table{Bugs: bugs, File: "test/planted/bugs.go", Command: "./test/simulate", Seeds: 40, Length: 20 * time.Minute}.Main())
}
