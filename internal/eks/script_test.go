package eks

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What is printed is not only text: a shell that runs it removes as much as the program does, by the longest ways too.
func TestPrintedDownRemovesEverything(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	// A wait is a look; the fakes are alone on the PATH.
	nap, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	for name, lose := range map[string]string{
		"all is well": "", "no load balancer controller": "release " + loadBalancerController, "no Datadog Operator": "release " + datadogOperator,
	} {
		t.Run(name, func(t *testing.T) {
			p := testProject(t)
			w := &world{Has: map[string]bool{}}
			if err := runIn(t, p.Up(), w); err != nil {
				t.Fatal(err)
			}
			delete(w.Has, lose)
			look := onPath(t)
			if err := os.Symlink(nap, filepath.Join(os.Getenv("PATH"), "sleep")); err != nil {
				t.Fatal(err)
			}
			if err := w.write(os.Getenv(worldVariable)); err != nil {
				t.Fatal(err)
			}
			var script bytes.Buffer
			p.Down().Print(&script)
			// Not through standard input, which belongs to what it calls.
			cmd := exec.CommandContext(t.Context(), shell, "-euc", script.String())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			checkEmpty(t, look())
		})
	}
}
