// Package images_test runs the services' arm64 images as far as that goes without an arm64 machine: the program is taken out of the image and run
// under qemu's user-mode emulation.
package images_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// patience is for a start under emulation on a busy machine, where a second is usual.
const patience = time.Minute

func TestArm64ServicesRun(t *testing.T) {
	tests := []struct{ name, greeting string }{
		{"greeter", `"service":"greeter"`},
		// Without a sidecar there is no greeter to be had, and comms says so.
		{"comms", `"error":"greeter_service_unavailable"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address := start(t, extract(t, test.name))
			if status, body := await(t, address+"/health"); status != http.StatusOK || !strings.Contains(body, `"service":"`+test.name+`"`) {
				t.Errorf("GET /health: %d %s", status, body)
			}
			status, body, err := send(t.Context(), http.MethodPost, address+"/greet", `{"name":"Ada"}`)
			if err != nil {
				t.Fatal(err)
			}
			if status != http.StatusOK || !strings.Contains(body, "Hello, Ada") || !strings.Contains(body, test.greeting) {
				t.Errorf("POST /greet: %d %s, want %s", status, body, test.greeting)
			}
		})
	}
}

// extract builds the arm64 image of a service and returns the program in it.
func extract(t *testing.T, name string) string {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	list, err := images.ReadList(root)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := list.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	store := images.New(root, t.Output())
	store.Cache = t.TempDir()
	archives, err := store.Ensure(t.Context(), images.Source, "arm64", chosen)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), name)
	if err := extractFile(archives[0].Path, strings.TrimPrefix(chosen[0].Source.Path, "/"), program); err != nil {
		t.Fatal(err)
	}
	return program
}

// extractFile copies a file out of the one layer, which is not compressed, of an image's archive.
func extractFile(archive, name, to string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	for blobs := tar.NewReader(file); ; {
		blob, err := blobs.Next()
		if err != nil {
			return fmt.Errorf("%s in %s: %w", name, archive, err)
		}
		if path.Dir(blob.Name) != "blobs/sha256" {
			continue
		}
		for layer := tar.NewReader(blobs); ; {
			entry, err := layer.Next()
			if err != nil {
				break // another blob, or the end of this one
			}
			if entry.Name != name {
				continue
			}
			content, err := io.ReadAll(layer)
			if err != nil {
				return err
			}
			return os.WriteFile(to, content, 0o700)
		}
	}
}

// start runs the program on a free port until the test ends and returns its address.
func start(t *testing.T, program string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()

	command := []string{program}
	if runtime.GOARCH != "arm64" {
		const emulator = "qemu-aarch64-static"
		if _, err := exec.LookPath(emulator); err != nil {
			t.Fatalf("%s is not on the PATH: apt-get install qemu-user-static", emulator)
		}
		command = []string{emulator, program}
	}
	var logs bytes.Buffer
	service := exec.CommandContext(t.Context(), command[0], command[1:]...)
	// Nobody listens on port 1, where a sidecar of the default port might be somebody's `make run`.
	service.Env = []string{"HOST=127.0.0.1", "PORT=" + port, "DAPR_HTTP_PORT=1"}
	service.Stdout, service.Stderr = &logs, &logs
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = service.Process.Kill()
		_ = service.Wait()
		if t.Failed() {
			t.Logf("log of %s:\n%s", filepath.Base(program), logs.String())
		}
	})
	return "http://127.0.0.1:" + port
}

// await asks until there is an answer.
func await(t *testing.T, url string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		status, body, err := send(ctx, http.MethodGet, url, "")
		if err == nil {
			return status, body
		}
		select {
		case <-ctx.Done():
			t.Fatal(errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func send(ctx context.Context, method, url, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}
