package bench

import (
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	values := func(n int) []time.Duration {
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = time.Duration(i + 1)
		}
		return all
	}
	for _, test := range []struct {
		n    int
		q    float64
		want time.Duration
	}{
		{1, 0.5, 1}, {1, 0.95, 1}, {2, 0.5, 1}, {6, 0.5, 3}, {15, 0.5, 8}, {15, 0.95, 15}, {20, 0.95, 19}, {100, 0.95, 95}, {3, 0, 1}, {3, 1, 3},
	} {
		if got := quantile(values(test.n), test.q); got != test.want {
			t.Errorf("%v of 1 to %d is %d, want %d", test.q, test.n, got, test.want)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	edit := func(where string, took time.Duration) Edit {
		return Edit{Where: where, Took: took, Steps: []Step{{"compiled", took / 2}, {"answered", took / 2}}}
	}
	report := Report{
		Live:    []Edit{edit("greeter", 2*time.Second), edit("greeter", time.Second), edit("shared package", 3*time.Second)},
		Naive:   []Edit{edit("greeter", 10*time.Second)},
		Compile: []Edit{{Where: "greeter", Took: 500 * time.Millisecond}},
	}
	var out strings.Builder
	if err := report.Print(&out); err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"live update 3 1.00 2.00 3.00", "of greeter 2 1.00 1.00 2.00", "of a shared package, seen at comms 1 3.00 3.00 3.00",
		"image, load, rollout 1 10.00 10.00 10.00", "go build alone 1 0.50 0.50 0.50", "5.0 times as fast", "2.5 times, if those end",
		"compiled 1000 until the binary is there",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}
