package httpserver

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/drydock-dev/drydock/internal/tracecontext"
)

// appTokenHeader is where a sidecar sends the token that the app asked for
// (https://docs.dapr.io/operations/security/app-api-token/).
const appTokenHeader = "dapr-api-token"

// traced puts the caller's trace context into the request's context.
func traced(c *gin.Context) {
	if tc := tracecontext.FromHeader(c.Request.Header); !tc.IsZero() {
		c.Request = c.Request.WithContext(tracecontext.NewContext(c.Request.Context(), tc))
	}
}

// logged writes one line for each request: at warn for a client's fault, at
// error for ours, and at debug for probes, which would drown the rest.
func (s *Server) logged(c *gin.Context) {
	start := time.Now()
	if s.stopping.Load() {
		c.Header("Connection", "close") // so that the next request goes elsewhere
	}
	c.Next()
	ctx, status := c.Request.Context(), c.Writer.Status()
	if ctx.Err() != nil {
		status = StatusClientClosedRequest
	}
	level := slog.LevelInfo
	switch route := c.FullPath(); {
	case status >= 500 && !s.stopping.Load():
		level = slog.LevelError
	case status >= 400 && status != StatusClientClosedRequest:
		level = slog.LevelWarn
	case route == "/health" || route == "/ready":
		level = slog.LevelDebug
	}
	s.log.LogAttrs(ctx, level, "request served",
		slog.String("method", c.Request.Method),
		slog.String("path", c.Request.URL.Path),
		slog.Int("status", status),
		slog.Int("bytes", max(c.Writer.Size(), 0)),
		slog.Float64("duration_ms", float64(time.Since(start).Microseconds())/1000),
	)
}

// recovered answers a panic with a problem that tells nothing, and logs all of it.
func (s *Server) recovered(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause) // net/http's way to drop a connection on purpose
		}
		s.log.ErrorContext(c.Request.Context(), "handler panicked",
			slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
		if c.Writer.Written() {
			c.Abort() // half an answer is out; closing the connection is all that is left
			panic(http.ErrAbortHandler)
		}
		Abort(c, NewProblem(http.StatusInternalServerError, "the request could not be served"))
	}()
	c.Next()
}

// authenticated refuses a caller that does not send the token.
func authenticated(token string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if token == "" {
			return
		}
		if subtle.ConstantTimeCompare([]byte(c.GetHeader(appTokenHeader)), []byte(token)) == 0 {
			Abort(c, NewProblem(http.StatusUnauthorized, "the header "+appTokenHeader+" must carry this service's token"))
		}
	}
}
