// Command gregor is Apache Kafka in one binary: the broker and its tools.
package main

import (
	"os"

	"github.com/gregorhq/gregor/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
