package servertiming

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestValue(t *testing.T) {
	ctx, times := NewContext(t.Context())
	FromContext(ctx).Add("dapr", 1234567*time.Nanosecond)
	FromContext(ctx).Forward(http.Header{Header: {"greeter;dur=0.03", "cache"}})
	FromContext(ctx).Forward(http.Header{Header: {strings.Repeat("x", 1000)}})
	if got := times.Value("comms"); !regexp.MustCompile(`^comms;dur=[0-9.]+, dapr;dur=1\.234, greeter;dur=0\.03, cache$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
}

func TestNobodyAsked(t *testing.T) {
	times := FromContext(t.Context())
	times.Add("dapr", time.Second)
	times.Forward(http.Header{Header: {"x"}})
	if times != nil {
		t.Errorf("got %+v", times)
	}
}
