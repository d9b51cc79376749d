package broker

import (
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
func (s *sockets) listenAdmin() error {
	n := s.n
	addr := n.opts.Config.String("admin.listener")
	if addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("admin.listener: %w", err)
	}
	s.admin = &adminServer{listener: l, http: &http.Server{
		Handler:           telemetry.Handler(telemetry.HandlerOptions{Registry: n.Telemetry, Health: n.Health, Pprof: n.opts.Config.Bool("admin.pprof.enable")}),
		ReadHeaderTimeout: 10 * time.Second,
	}}
	s.admin.serve()
	return nil
}

// AdminAddr is the address of the admin listener, empty when there is none.
func (n *Node) AdminAddr() string {
	if s, ok := n.front.(*sockets); ok && s.admin != nil {
		return s.admin.listener.Addr().String()
	}
	return ""
}

func (s *sockets) closeAdmin() {
	if s.admin != nil {
		s.admin.stop()
	}
}
