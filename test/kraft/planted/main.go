// Command planted shows that the simulator of KRaft finds bugs: it plants one bug after the other
// in internal/kraft, only in the build, and runs test/kraft until a checker reports the broken
// promise.
//
//	go run ./test/kraft/planted                 # every bug of the table, 200 seeds for each
//	go run ./test/kraft/planted -only vote -v   # bugs whose name matches
//	go run ./test/kraft/planted -markdown       # the table
//
// It exits with 1 when it does not find a bug, or when the place to plant it no longer exists.
package main

import (
	"os"
	"time"

	"github.com/gregorhq/gregor/test/planted/plant"
)

func main() {
	os.Exit(plant.Table{Bugs: bugs, File: "test/kraft/planted/bugs.go", Command: "./test/kraft", Seeds: 200, Length: 10 * time.Minute}.Main())
}
