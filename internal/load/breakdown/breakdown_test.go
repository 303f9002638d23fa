package breakdown

import (
	"maps"
	"testing"
	"time"
)

func TestParseServerTiming(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		header string
		want   map[string]time.Duration
	}{
		{"", map[string]time.Duration{}},
		{"comms;dur=1.5", map[string]time.Duration{"comms": 3 * ms / 2}},
		{`comms;dur=2, dapr;desc="x";dur=1 ,greeter`, map[string]time.Duration{"comms": 2 * ms, "dapr": ms}},
		{"comms;dur=soon", map[string]time.Duration{}},
	} {
		if got := ParseServerTiming(c.header); !maps.Equal(got, c.want) {
			t.Errorf("%q gives %v, want %v", c.header, got, c.want)
		}
	}
}
