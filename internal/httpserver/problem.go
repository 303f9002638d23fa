package httpserver

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
)

// problemType is the media type of RFC 9457, section 3.
const problemType = "application/problem+json"

// StatusClientClosedRequest is what the log says of a request whose client hung
// up before the answer; nobody receives it. The number is nginx's, not RFC 9110's.
const StatusClientClosedRequest = 499

// Problem is an error as a client sees it (RFC 9457). Its type is "about:blank",
// which the RFC lets us leave out, so Title is the status's own phrase.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// NewProblem returns the problem of a status with a detail for humans, which
// must not tell anything internal.
func NewProblem(status int, detail string) Problem {
	return Problem{Title: http.StatusText(status), Status: status, Detail: detail}
}

// Abort answers with the problem and stops the handlers that would follow.
func Abort(c *gin.Context, p Problem) {
	body, err := json.Marshal(p)
	if err != nil { // strings and an int always encode
		panic(err)
	}
	c.Abort()
	c.Data(p.Status, problemType, body)
}
