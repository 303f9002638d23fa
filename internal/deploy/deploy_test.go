package deploy

import (
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/manifests"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// rendered are the objects of a kustomization of this checkout.
func rendered(t *testing.T, dir string) []kube.Object {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	out, err := manifests.Build(root, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := kube.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func names(objects []kube.Object) string {
	texts := make([]string, 0, len(objects))
	for _, object := range objects {
		texts = append(texts, object.String())
	}
	return strings.Join(texts, ", ")
}

// TestWhatWaitsForThePlatform would notice that the manifests say otherwise which pods get a sidecar.
func TestWhatWaitsForThePlatform(t *testing.T) {
	overlay := rendered(t, DefaultOverlay)
	withSidecar, others := split(overlay, hasSidecar)
	if got, want := names(withSidecar), "deployment/comms of dapr-services, deployment/greeter of dapr-services"; got != want {
		t.Errorf("with a sidecar: %s, want %s", got, want)
	}
	once, stay := split(rendered(t, "k8s/overlays/load"), isJob)
	if got, want := names(once), "job/load of dapr-services"; got != want || strings.Contains(names(stay), "job/") {
		t.Errorf("after the services: %s, want %s", got, want)
	}
	if len(others)+len(withSidecar) != len(overlay) {
		t.Errorf("%d others of %d objects", len(others), len(overlay))
	}
	kinds, services := split(rendered(t, DefaultPlatform), isKind)
	if len(kinds) == 0 || strings.Contains(names(services), "customresourcedefinition") {
		t.Errorf("%d kinds, others: %s", len(kinds), names(services))
	}
	trusting, first := split(services, mountsTrustBundle)
	if got, want := names(trusting), "deployment/dapr-operator of dapr-system, deployment/dapr-sidecar-injector of dapr-system"; got != want {
		t.Errorf("after Dapr's sentry: %s, want %s", got, want)
	}
	if !strings.Contains(names(first), "deployment/dapr-sentry of dapr-system") {
		t.Errorf("before those: %s, want Dapr's sentry among them", names(first))
	}
}

func TestPortsOfTheOverlay(t *testing.T) {
	overlay := rendered(t, DefaultOverlay)
	for _, port := range []int{cluster.CommsNodePort, cluster.TracesNodePort} {
		if !hasNodePort(overlay, port) {
			t.Errorf("the overlay does not open port %d", port)
		}
	}
	if hasNodePort(overlay, 30000) {
		t.Error("it opens a port that it does not name")
	}
}

func TestParseUsage(t *testing.T) {
	for text, want := range map[string]int64{
		"512B / 23.4GiB":        512,
		"1.5KiB / 23.4GiB":      1536,
		"712.5MiB / 23.4GiB\n":  747110400,
		"1.25GiB / 23.4GiB\n":   1342177280,
		"0.5TiB / 1TiB":         549755813888,
		"100MiB / --":           104857600,
		"2MiB / 23.43GiB, more": 2 << 20,
	} {
		if got, err := parseUsage(text); got != want || err != nil {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-- / --", "1 apple / 2"} {
		if got, err := parseUsage(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestParseSummary(t *testing.T) {
	pods, err := parseSummary([]byte(`{"pods": [{"podRef": {"name": "p", "namespace": "n"},
		"containers": [{"name": "a", "memory": {"workingSetBytes": 3145728}}, {"name": "b", "memory": {"workingSetBytes": 1048576}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(pods) != 1 || pods[0].total() != 4<<20 || parts(pods[0].Containers) != "a 3 MiB, b 1 MiB" {
		t.Errorf("got %+v", pods)
	}
}

func TestReport(t *testing.T) {
	report := &Report{
		Cluster: &cluster.Cluster{Name: "drydock-x", Context: "kind-drydock-x"},
		Comms:   "http://127.0.0.1:8080",
		Phases:  []Phase{{"images", 1500 * time.Millisecond}, {"kind", 10 * time.Second}},
		Images:  []Figure{{"a", 1 << 20}, {"b", 2 << 20}},
		Memory: []NodeMemory{{"node", 700 << 20, []PodMemory{
			{"b", "q", []Figure{{"c", 5 << 20}}},
			{"a", "p", []Figure{{"c", 1 << 20}}},
		}}},
	}
	var out strings.Builder
	if err := report.Print(&out); err != nil {
		t.Fatal(err)
	}
	want := `
Deployed to cluster drydock-x in 11.5 s.

  comms     http://127.0.0.1:8080   POST /greet, GET /health, GET /ready
  context   kind-drydock-x          for kubectl

Try:  curl -s http://127.0.0.1:8080/greet -H 'content-type: application/json' -d '{"name":"Ada"}'

TIME
  images      1.5 s
  kind       10.0 s
  all        11.5 s
SIZE
  2 images    3 MiB
MEMORY
  node      700 MiB  with everything in it
    a/p       1 MiB
    b/q       5 MiB
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
