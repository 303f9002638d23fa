package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/process"
)

// childEnv makes the test binary a process that ends with its parent.
const childEnv = "PROCESS_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	// A failed test leaves nothing behind for good either.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ctx, stop := process.UntilOrphaned(ctx)
	defer stop()
	fmt.Println("runs")
	<-ctx.Done()
}

func TestUntilOrphaned(t *testing.T) {
	t.Parallel()
	output, served, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	// The shell stays, to be the parent.
	parent := exec.CommandContext(t.Context(), "sh", "-c", `"$0" & wait`, os.Args[0])
	parent.Env, parent.Stdout = append(os.Environ(), childEnv+"=1"), served
	if err := errors.Join(parent.Start(), served.Close(), output.SetReadDeadline(time.Now().Add(20*time.Second))); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	if line, err := lines.ReadString('\n'); line != "runs\n" {
		t.Fatalf("%q %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	// The pipe ends when nobody has its other side any more.
	if rest, err := io.ReadAll(lines); err != nil {
		t.Errorf("it outlives its parent: %q %v", rest, err)
	}
}
