package httpserver

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Bind decodes and validates a request body. When it returns false the problem
// has been answered and the handler has nothing left to do.
func Bind[T interface{ Validate() error }](c *gin.Context) (T, bool) {
	var request T
	if p := Decode(c, &request); p != nil {
		Abort(c, *p)
		return request, false
	}
	if err := request.Validate(); err != nil {
		Abort(c, NewProblem(http.StatusBadRequest, err.Error()))
		return request, false
	}
	return request, true
}
