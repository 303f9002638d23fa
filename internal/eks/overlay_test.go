package eks

import (
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
