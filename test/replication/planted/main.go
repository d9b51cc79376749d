// Command planted shows that the simulator of replication finds bugs: it plants one bug after the
// other in the product, only in the build, and runs test/replication until a checker reports the
// broken promise.
//
//	go run ./test/replication/planted                  # every bug of the table
//	go run ./test/replication/planted -only durable -v # bugs whose name matches
//	go run ./test/replication/planted -markdown        # the table
//
// It exits with 1 when it does not find a bug, or when the place to plant it no longer exists.
package main

import (
	"os"
	"time"

	"github.com/gregorhq/gregor/test/planted/plant"
)

func main() {
	os.Exit(plant.Table{Bugs: bugs, File: "test/replication/planted/bugs.go", Command: "./test/replication", Seeds: 60, Length: time.Minute}.Main())
}
