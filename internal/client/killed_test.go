package client

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
)

// TestMain is also the peer process of TestKilledProcess: it prints its address and serves until it
// is killed, or until its parent closes its input.
func TestMain(m *testing.M) {
	if os.Getenv("GREGOR_TEST_PEER") == "" {
		os.Exit(m.Run())
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(ln.Addr())
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	for {
		c, err := ln.Accept()
		if err != nil {
			panic(err)
		}
		go serveEcho(c)
	}
}

// TestKilledProcess kills peers with SIGKILL. Each time the link reports without a request that the
// peer refuses connections, so that its process is gone.
func TestKilledProcess(t *testing.T) {
	var slowest time.Duration
	for range 10 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "GREGOR_TEST_PEER=1")
		in, _ := cmd.StdinPipe()
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		addr, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		refused := make(chan struct{}, 10)
		p, h := socketPool(t, Options{OnChange: func(c Change) {
			if KindOf(c.Err) == link.Refused {
				refused <- struct{}{}
			}
		}})
		if got := <-ask(p, Peer{ID: 1, Address: strings.TrimSpace(addr)}, NewRequest(question("x"), h.Elapsed()+time.Minute)); got.err != nil {
			t.Fatal(got.err)
		}
		killed := time.Now()
		_ = cmd.Process.Kill()
		select {
		case <-refused:
		case <-time.After(20 * time.Second):
			t.Fatalf("the link does not know that the process is gone: %+v", p.Links())
		}
		slowest = max(slowest, time.Since(killed))
		_ = in.Close()
		_ = cmd.Wait()
		p.Close()
	}
	t.Logf("slowest: %v", slowest)
}
