package httpserver

import (
	"github.com/gin-gonic/gin"

	"github.com/drydock-dev/drydock/internal/servertiming"
	"github.com/drydock-dev/drydock/internal/tracecontext"
)

// timed answers a request whose trace is recorded with how long its handling took, part by
// part. Who does not trace is told nothing.
func timed(service string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !tracecontext.FromContext(c.Request.Context()).Parent.Sampled() {
			return
		}
		ctx, times := servertiming.NewContext(c.Request.Context())
		c.Request = c.Request.WithContext(ctx)
		c.Writer = &timingWriter{c.Writer, times, service}
	}
}

// timingWriter adds the header at the last moment at which there can be one.
type timingWriter struct {
	gin.ResponseWriter
	times   *servertiming.Times
	service string
}

func (w *timingWriter) tell() {
	if !w.Written() {
		w.Header().Set(servertiming.Header, w.times.Value(w.service))
	}
}

func (w *timingWriter) WriteHeaderNow() {
	w.tell()
	w.ResponseWriter.WriteHeaderNow()
}

func (w *timingWriter) Write(body []byte) (int, error) {
	w.tell()
	return w.ResponseWriter.Write(body)
}

func (w *timingWriter) WriteString(body string) (int, error) {
	w.tell()
	return w.ResponseWriter.WriteString(body)
}
