package shape

import (
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/traces"
	"github.com/drydock-dev/drydock/test/goldentraces"
)

func mustParse(t *testing.T, text string) Shape {
	t.Helper()
	s, err := Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The load's trees are the system's own ones below the load's span.
func TestOurShapesMatchTheOtherGoldenTrees(t *testing.T) {
	greet := mustParse(t, goldentraces.LoadGreet)
	if want := goldentraces.Under("load client POST /greet", goldentraces.Greet); greet.trees[attack.Greeter][0] != want {
		t.Errorf("load-greet.txt expects\n%swant\n%s", greet.trees[attack.Greeter][0], want)
	}
	invoke := mustParse(t, goldentraces.LoadInvoke)
	other := strings.ReplaceAll(goldentraces.GreetOtherSidecar, "greeter client CallLocal/comms", "load client CallLocal/comms")
	if want := goldentraces.Under("load client POST /greet", other); invoke.trees[attack.Greeter][0] != want {
		t.Errorf("load-invoke.txt expects\n%swant\n%s", invoke.trees[attack.Greeter][0], want)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ name, text, say string }{
		{"empty", "# nothing\n", "no tree for [greeter]"},
		{"tree before a kind", "load client x\n", "before the first kind"},
		{"unknown kind", "[greeter]\na\n[friend]\nb\n", `"friend" is no kind`},
		{"kind without a tree", "[greeter]\na\n[fallback]\n", "[fallback] has no tree"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("test", c.text)
			if err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("error %v, want %q in it", err, c.say)
			}
		})
	}
}

func TestDifference(t *testing.T) {
	s := mustParse(t, "[greeter]\na client x\n  b server y\n[fallback]\na client x\n[fallback]\na client x\n  b server y\n  b server y\n")
	root := traces.Span{TraceID: "t", ID: "1", Service: "a", Kind: "client", Name: "x"}
	child := traces.Span{TraceID: "t", ID: "2", ParentID: "1", Service: "b", Kind: "server", Name: "y"}
	orphan := child
	orphan.ParentID = "9"
	third := child
	third.ID = "3"
	for _, c := range []struct {
		name  string
		kind  attack.Kind
		spans []traces.Span
		want  []string // parts of the difference; none for none
	}{
		{"as expected", attack.Greeter, []traces.Span{root, child}, nil},
		{"span missing", attack.Greeter, []traces.Span{root}, []string{"  a client x\n-   b server y"}},
		{"first alternative", attack.Fallback, []traces.Span{root}, nil},
		{"second alternative", attack.Fallback, []traces.Span{root, child, third}, nil},
		{"nearest alternative", attack.Fallback, []traces.Span{root, child}, []string{"+   b server y"}},
		{"any whole tree", attack.Timeout, []traces.Span{root, child}, nil},
		{"parent missing", attack.Timeout, []traces.Span{orphan}, []string{"b server y: its parent is missing"}},
		{"two roots", attack.Timeout, []traces.Span{root, orphan}, []string{"2 spans stand at the top", "its parent is missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.Difference(c.kind, traces.Build(c.spans)[0])
			if (got == "") != (c.want == nil) {
				t.Errorf("difference %q", got)
			}
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("difference\n%s\ndoes not say\n%s", got, part)
				}
			}
		})
	}
}
