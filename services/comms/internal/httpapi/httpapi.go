// Package httpapi serves comms' contract over HTTP.
package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// SourceHeader says which service made a greeting: "greeter" or "fallback".
const SourceHeader = "X-Greeting-Source"

// errorUnavailable is what the body of a fallback greeting says went wrong.
const errorUnavailable = "greeter_service_unavailable"

// response is a greeting; a fallback has an error in the place of the timestamp.
type response struct {
	Message   string    `json:"message"`
	Service   string    `json:"service"`
	Timestamp time.Time `json:"timestamp,omitzero"`
	Error     string    `json:"error,omitempty"`
}

// Register adds comms' routes.
func Register(routes gin.IRoutes, desk *greeting.Desk, log *slog.Logger) {
	routes.POST("/greet", greet(desk, log))
}

func greet(desk *greeting.Desk, log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		// Whoever wants a greeting gives comms what greeter takes, by greeter's rules.
		request, ok := httpserver.Bind[greeterapi.Request](c)
		if !ok {
			return
		}
		ctx := c.Request.Context()
		reply, err := desk.Greet(ctx, request.Name)
		if err != nil {
			httpserver.Abort(c, problemOf(err))
			return
		}
		answer := response{Message: reply.Message, Service: reply.Service, Timestamp: reply.MadeAt}
		if reply.Fallback() {
			log.WarnContext(ctx, "greeter unavailable, answered the fallback greeting", slog.Any("cause", reply.Cause))
			answer.Error = errorUnavailable
			c.Header(SourceHeader, "fallback")
		} else {
			c.Header(SourceHeader, greeterapi.AppID)
		}
		c.JSON(http.StatusOK, answer)
	}
}

// problemOf is the one table from the core's errors to HTTP.
func problemOf(err error) httpserver.Problem {
	var rejection *greeting.Rejection
	if errors.As(err, &rejection) {
		return httpserver.Problem{Title: rejection.Title, Status: rejection.Status, Detail: rejection.Detail}
	}
	// The core fails otherwise only when the client has gone: nobody reads this.
	return httpserver.NewProblem(httpserver.StatusClientClosedRequest, "")
}
