package greeting_test

import (
	"testing"
	"time"

	"github.com/drydock-dev/drydock/services/greeter/internal/greeting"
)

func TestGreet(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("elsewhere", 3600))
	got := greeting.New(func() time.Time { return at }).Greet("Ada")
	want := greeting.Greeting{Message: "Hello, Ada from greeter!", Service: "greeter", MadeAt: at.UTC()}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
