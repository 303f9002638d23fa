package eks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOverlayIsRenderedWithWhatWasPushed(t *testing.T) {
	p := testProject(t)
	s := newSession(p, &strings.Builder{})
	s.vars["ACCOUNT"] = "123456789012"
	if _, err := p.renderOverlay(s); err == nil {
		t.Error("no images, and no error")
	}
	digest := "sha256:" + strings.Repeat("ab", 32)
	s.images = []published{{"drydock/comms", "abababababab", digest}, {"drydock/greeter", "abababababab", digest}}
	p.Settings.Environment = "staging"
	for _, test := range []struct {
		name, host     string
		want, unwanted []string
	}{
		{"with a host", "greet.example.org", []string{"kind: Ingress", "host: greet.example.org", "- greet.example.org"}, []string{"comms.example.com"}},
		{"without", "", nil, []string{"kind: Ingress"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.Settings.Host = test.host
			out, err := p.renderOverlay(s)
			if err != nil {
				t.Fatal(err)
			}
			// The emitter folds long lines at blanks.
			text := strings.Join(strings.Fields(string(out)), " ")
			for _, want := range append(test.want,
				"image: 123456789012.dkr.ecr.us-west-2.amazonaws.com/drydock/comms:abababababab@"+digest,
				"image: 123456789012.dkr.ecr.us-west-2.amazonaws.com/drydock/greeter:abababababab@"+digest,
				"tags.datadoghq.com/version: abababababab",
				"drydock.dev/dapr-settings: ",
				"tags.datadoghq.com/env: staging",
				"deployment.environment.name= staging ,service.version= abababababab ,",
			) {
				if !strings.Contains(text, want) {
					t.Errorf("render lacks %q", want)
				}
			}
			for _, unwanted := range append(test.unwanted, placeholder, "unpublished", "env: demo") {
				if strings.Contains(text, unwanted) {
					t.Errorf("render has %q", unwanted)
				}
			}
		})
	}
}

// Other settings of Dapr make other pods; another image does not count as a setting.
func TestPodsFollowDaprsSettings(t *testing.T) {
	p := testProject(t)
	annotation := func() string {
		patch, err := p.settingsPatch()
		if err != nil {
			t.Fatal(err)
		}
		return patch.Patch
	}
	before := annotation()
	copied := t.TempDir()
	if err := os.CopyFS(filepath.Join(copied, "k8s"), os.DirFS(filepath.Join(p.Root, "k8s"))); err != nil {
		t.Fatal(err)
	}
	p.Root = copied
	if again := annotation(); again != before {
		t.Errorf("the same settings: %s and %s", before, again)
	}
	for _, change := range []struct {
		file, old, replaced string
		changes             bool
	}{
		{"k8s/base/comms/deployment.yaml", "GREETER_TIMEOUT", "GREETER_TIME", false},
		{"k8s/base/dapr/resiliency.yaml", "duration: 100ms", "duration: 200ms", true},
		{"k8s/base/dapr/configuration.yaml", `samplingRate: "1"`, `samplingRate: "0.5"`, true},
	} {
		was := annotation()
		file := filepath.Join(copied, filepath.FromSlash(change.file))
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(content), change.old, change.replaced, 1)
		if changed == string(content) {
			t.Fatalf("%s has no %s", change.file, change.old)
		}
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if now := annotation(); (now != was) != change.changes {
			t.Errorf("%s: the annotation was %s and is %s", change.file, was, now)
		}
	}
}

func TestAgentIsRenderedWithTheSettings(t *testing.T) {
	p := testProject(t)
	p.Cluster.Name = "another"
	out, err := p.renderAgent(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"clusterName: another", "site: datadoghq.eu", "- env:demo", "- team:a", "secretName: datadog-secret"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("render lacks %q", want)
		}
	}
	if strings.Contains(string(out), secretKey) {
		t.Error("the key is in the manifest")
	}
}
