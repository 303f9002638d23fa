package images

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/drydock-dev/drydock/internal/images/ociarchive"
)

// newRegistry serves one image as <host>/dapr/daprd:1 and returns the host and the image's digest.
func newRegistry(t *testing.T) (server *httptest.Server, host, digest string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "daprd")
	if err := os.WriteFile(binary, []byte("program"), 0o600); err != nil {
		t.Fatal(err)
	}
	image, err := ociarchive.Scratch(ociarchive.Program{Binary: binary, Path: "/daprd", User: "1:1", Arch: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	server = httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	host = strings.TrimPrefix(server.URL, "http://")
	ref, err := name.NewTag(host + "/dapr/daprd:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	hash, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return server, host, hash.String()
}

func TestEnsurePullsOnceByDigest(t *testing.T) {
	server, host, digest := newRegistry(t)
	image := Image{Name: "daprd", Reference: host + "/dapr/daprd:1", Digest: digest, Source: Recipe{Tool: "none"}}
	store := &Store{Cache: t.TempDir(), Progress: t.Output()}

	first, err := store.Ensure(t.Context(), Auto, "amd64", List{image})
	if err != nil {
		t.Fatal(err)
	}
	if got := first[0]; got.Name != image.Reference || got.Digest != digest || got.Reference != image.Reference {
		t.Errorf("got %s %s under %s, want %s under its reference", got.Name, got.Digest, got.Reference, digest)
	}

	server.Close()
	again, err := (&Store{Cache: store.Cache, Progress: t.Output()}).Ensure(t.Context(), Auto, "amd64", List{image})
	if err != nil {
		t.Fatalf("without the registry: %v", err)
	}
	if again[0].Path != first[0].Path {
		t.Errorf("got %s, want what was pulled before, %s", again[0].Path, first[0].Path)
	}
}

func TestEnsureRefusesAnotherDigest(t *testing.T) {
	_, host, digest := newRegistry(t)
	other := digest[:len(digest)-4] + "0000"
	image := Image{Name: "daprd", Reference: host + "/dapr/daprd:1", Digest: other, Source: Recipe{Tool: "none"}}
	store := &Store{Cache: t.TempDir(), Progress: t.Output()}
	if got, err := store.Ensure(t.Context(), Pull, "amd64", List{image}); err == nil {
		t.Errorf("got %v, want an error, for the registry has %s", got, digest)
	}
}

func TestReach(t *testing.T) {
	tests := []struct {
		name   string
		status int
		want   bool
	}{
		{"an open registry", http.StatusOK, true},
		{"one that asks who we are", http.StatusUnauthorized, true},
		{"a proxy that refuses", http.StatusForbidden, false},
		{"a broken one", http.StatusBadGateway, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(test.status)
			}))
			defer server.Close()
			var known registries
			for range 2 {
				if got := known.reach(t.Context(), strings.TrimPrefix(server.URL, "http://")+"/a/b:1"); got != test.want {
					t.Errorf("got %v, want %v", got, test.want)
				}
			}
			if asked != 1 {
				t.Errorf("asked %d times, want once", asked)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		var known registries
		if known.reach(t.Context(), "127.0.0.1:1/a/b:1") {
			t.Error("got an answer from nobody")
		}
	})
}

func TestParseMode(t *testing.T) {
	for value, want := range map[string]Mode{"": Auto, "auto": Auto, "pull": Pull, "source": Source} {
		if got, err := ParseMode(value); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", value, got, err, want)
		}
	}
	if _, err := ParseMode("src"); err == nil {
		t.Error("src: got no error")
	}
}

func TestForgetServicesKeepsTheNewest(t *testing.T) {
	store := &Store{Cache: t.TempDir(), Progress: t.Output()}
	start := time.Unix(1_000_000, 0)
	name := func(i int) string { return filepath.Join(store.Cache, fmt.Sprintf("comms-%012d.tar", i)) }
	for i := range keptServices + 2 {
		if err := os.WriteFile(name(i), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		// The names' order is the reverse of the ages'.
		when := start.Add(-time.Duration(i) * time.Hour)
		if err := os.Chtimes(name(i), when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.forgetServices("comms"); err != nil {
		t.Fatal(err)
	}
	for i := range keptServices + 2 {
		_, err := os.Stat(name(i))
		if kept, want := err == nil, i < keptServices-1; kept != want {
			t.Errorf("archive %d: kept %v, want %v", i, kept, want)
		}
	}
}
