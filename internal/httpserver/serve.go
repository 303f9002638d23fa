package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Limits of a connection that no operator needs to set.
const (
	// idleTimeout outlasts the sidecar's own keep-alive of 90 s (Go's default
	// transport), so that it is the client that closes and never races us.
	idleTimeout = 2 * time.Minute
	// writeTimeout bounds a client that reads its answer slowly, and so the whole
	// of a request: a service's own time limits must stay below it.
	writeTimeout = time.Minute
	// maxHeaderBytes holds the largest baggage and tracestate that W3C asks to carry.
	maxHeaderBytes = 32 << 10
)

// Serve listens and answers until ctx ends, then shuts down in order: not
// ready, wait for load balancers to notice, refuse connections, finish the
// requests in flight within the grace time. It returns nil after an orderly
// shutdown, and an error when it could not listen or the grace time ran out.
func (s *Server) Serve(ctx context.Context) error {
	addr := net.JoinHostPort(s.settings.Host, strconv.Itoa(s.settings.Port))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for HTTP (PORT=%d sets the port): %w", s.settings.Port, err)
	}
	server := &http.Server{
		Handler:           s.Engine,
		ReadHeaderTimeout: s.settings.ReadTimeout,
		ReadTimeout:       s.settings.ReadTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.log.InfoContext(ctx, "listening", slog.String("addr", listener.Addr().String()))

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	return s.shutdown(server)
}

func (s *Server) shutdown(server *http.Server) error {
	s.stopping.Store(true)
	s.log.Info("shutting down", slog.Duration("delay", s.settings.ShutdownDelay), slog.Duration("grace", s.settings.ShutdownGrace))
	time.Sleep(s.settings.ShutdownDelay)

	// The run's context has ended: the grace time needs one of its own.
	ctx, cancel := context.WithTimeout(context.Background(), s.settings.ShutdownGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		closeErr := server.Close()
		return errors.Join(fmt.Errorf("requests still in flight after SHUTDOWN_GRACE=%v were cut off: %w", s.settings.ShutdownGrace, err), closeErr)
	}
	s.log.Info("shut down")
	return nil
}
