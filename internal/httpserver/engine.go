// Package httpserver is what every HTTP service of the project shares: strict
// decoding, problem+json errors, the request log, recovery, liveness and
// readiness, limits and an orderly shutdown.
package httpserver

import (
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/gin-gonic/gin"
)

// gin's debug mode prints text into the JSON log.
func init() { gin.SetMode(gin.ReleaseMode) }

// Server answers HTTP for one service. Routes are added to Engine before Serve.
type Server struct {
	// Engine is where a service registers its routes.
	Engine *gin.Engine

	settings Settings
	log      *slog.Logger
	stopping atomic.Bool
}

// New returns a server with the shared routes and middleware of a service.
func New(settings Settings, service string, log *slog.Logger) *Server {
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // a redirect would be neither an answer nor a problem
	engine.ContextWithFallback = false
	// Nobody may set the client's address by a header: we sit behind a sidecar, which does not.
	_ = engine.SetTrustedProxies(nil)

	s := &Server{Engine: engine, settings: settings, log: log}
	engine.Use(traced, timed(service), s.logged, s.recovered)
	engine.NoRoute(func(c *gin.Context) {
		Abort(c, NewProblem(http.StatusNotFound, "there is nothing at this path"))
	})
	engine.NoMethod(func(c *gin.Context) {
		Abort(c, NewProblem(http.StatusMethodNotAllowed, "this path does not answer "+c.Request.Method))
	})
	engine.GET("/health", health(service))
	engine.GET("/ready", s.ready)
	// From here on callers need the token; the kubelet, which has none, asks the two routes above.
	engine.Use(authenticated(settings.AppToken))
	return s
}
