// Package httpapi serves greeter's contract over HTTP.
package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
	"github.com/drydock-dev/drydock/services/greeter/internal/greeting"
)

// Register adds greeter's routes.
func Register(routes gin.IRoutes, greeter *greeting.Greeter) {
	routes.POST("/"+greeterapi.Method, greet(greeter))
}

func greet(greeter *greeting.Greeter) gin.HandlerFunc {
	return func(c *gin.Context) {
		request, ok := httpserver.Bind[greeterapi.Request](c)
		if !ok {
			return
		}
		made := greeter.Greet(request.Name)
		c.JSON(http.StatusOK, greeterapi.Response{Message: made.Message, Service: made.Service, Timestamp: made.MadeAt})
	}
}
