package broker

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// adminServer is the HTTP side of a node: metrics, health, profiles.
type adminServer struct {
	listener net.Listener
	http     *http.Server
	wg       sync.WaitGroup
}

// listenAdmin opens admin.listener, if one is configured.
func (n *Node) listenAdmin() error {
	n.Health.Ready("broker", func() error {
		select {
		case <-n.ready:
			return nil
		default:
			return errors.New("the broker is starting: it is not registered and unfenced yet")
		}
	})
	n.Health.Live("log.dirs", func() error {
		for _, d := range n.logs.Dirs() {
			if err := d.Err(); err != nil {
				return fmt.Errorf("%s is offline: %w", d.Path(), err)
			}
		}
		return nil
	})
	addr := n.opts.Config.String("admin.listener")
	if addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("admin.listener: %w", err)
	}
	n.admin = &adminServer{listener: l, http: &http.Server{
		Handler:           telemetry.Handler(telemetry.HandlerOptions{Registry: n.Telemetry, Health: n.Health, Pprof: n.opts.Config.Bool("admin.pprof.enable")}),
		ReadHeaderTimeout: 10 * time.Second,
	}}
	n.admin.serve()
	return nil
}

// AdminAddr is the address of the admin listener, empty when there is none.
func (n *Node) AdminAddr() string {
	if n.admin == nil {
		return ""
	}
	return n.admin.listener.Addr().String()
}

func (a *adminServer) close() {
	_ = a.http.Close()
	a.wg.Wait()
}
