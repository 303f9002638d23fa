package httpserver

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/drydock-dev/drydock/internal/buildinfo"
)

// health answers that the process serves, which says nothing of others: a
// restart would not mend a sidecar or a neighbour.
func health(service string) gin.HandlerFunc {
	answer := struct {
		Status  string `json:"status"`
		Service string `json:"service"`
		Version string `json:"version"`
	}{"healthy", service, buildinfo.Version()}
	return func(c *gin.Context) { c.JSON(http.StatusOK, answer) }
}

// ready answers whether new requests should come here: until a shutdown begins.
// It must not ask the sidecar, whose own health waits for ours.
func (s *Server) ready(c *gin.Context) {
	if s.stopping.Load() {
		Abort(c, NewProblem(http.StatusServiceUnavailable, "shutting down"))
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready"})
}
