package eks

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// newRegistry is a registry that wants the password, and counts what is written to it.
func newRegistry(t *testing.T) (Registry, func() int) {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	writes := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "AWS" || password != registryPassword {
			w.Header().Set("WWW-Authenticate", `Basic realm="ecr"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			writes++
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return Registry{Host: strings.TrimPrefix(server.URL, "http://"), User: "AWS", Password: registryPassword}, func() int { return writes }
}

func TestPushOnceOnly(t *testing.T) {
	target, writes := newRegistry(t)
	image, err := random.Image(1024, 2)
	if err != nil {
		t.Fatal(err)
	}
	first, err := target.push(t.Context(), "drydock/comms", image, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(first.Digest, "sha256:"+first.Tag) {
		t.Errorf("tag %s is not the beginning of digest %s", first.Tag, first.Digest)
	}
	before := writes()
	again, err := target.push(t.Context(), "drydock/comms", image, t.Logf)
	if err != nil || again != first {
		t.Errorf("again: %v, %v; want %v", again, err, first)
	}
	if before == 0 || writes() != before {
		t.Errorf("%d writes at first, %d after it was there", before, writes())
	}
}

func TestPushTellsARefusal(t *testing.T) {
	target, _ := newRegistry(t)
	target.Password = "old"
	image, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := target.push(t.Context(), "drydock/comms", image, t.Logf); err == nil || strings.Contains(err.Error(), "old\"") {
		t.Errorf("error %v, want one without the password", err)
	}
}

// What is pushed for Graviton is what a kind cluster on an arm64 host runs, to the digest.
func TestPublishedImagesAreThoseOfKind(t *testing.T) {
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DRYDOCK_CACHE", t.TempDir())
	list, err := images.ReadList(root)
	if err != nil {
		t.Fatal(err)
	}
	repositories, err := OwnRepositories(root)
	if err != nil || len(repositories) == 0 {
		t.Fatalf("repositories %v, %v", repositories, err)
	}
	target, _ := newRegistry(t)
	pushed, err := NewPublisher(root, io.Discard)(context.WithoutCancel(t.Context()), target, repositories, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	for i, repository := range repositories {
		image, err := list.Named(serviceOf(repository))
		if err != nil {
			t.Fatal(err)
		}
		archives, err := images.New(root, io.Discard).Ensure(t.Context(), images.Source, arch, image)
		if err != nil {
			t.Fatal(err)
		}
		if pushed[i].Repository != repository || pushed[i].Digest != archives[0].Digest || archives[0].Reference != repository+":"+pushed[i].Tag {
			t.Errorf("pushed %v, kind gets %s %s", pushed[i], archives[0].Reference, archives[0].Digest)
		}
	}
}
