package manifests

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/render"
	"github.com/drydock-dev/drydock/test/manifests/policy"
)

func rules(t *testing.T) []policy.Rule {
	t.Helper()
	list, err := images.ReadList(root(t))
	if err != nil {
		t.Fatal(err)
	}
	known, own := map[string]bool{}, map[string]bool{}
	for _, image := range list {
		known[image.Reference] = true
		own[image.Reference] = image.Own()
	}
	return append(policy.Rules(), policy.Images(known, own))
}

func TestClustersKeepTheRules(t *testing.T) {
	for _, overlay := range overlays {
		objects := cluster(t, overlay)
		for _, rule := range rules(t) {
			t.Run(overlay+"/"+rule.Name, func(t *testing.T) {
				findings, err := rule.Check(objects)
				if err != nil {
					t.Fatal(err)
				}
				for _, finding := range findings {
					t.Error(finding)
				}
			})
		}
	}
}

// Each rule has a file of objects that break it, which begins with the findings that it must make, and no others.
func TestRulesFindWhatBreaksThem(t *testing.T) {
	platform := set(t, render.Dapr.Dir())
	for _, rule := range rules(t) {
		t.Run(rule.Name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", rule.Name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := rule.Check(append(slices.Clone(platform), parse(t, data)...))
			if err != nil {
				t.Fatal(err)
			}
			want := expectations(data)
			if len(want) == 0 {
				t.Fatal("the file expects no finding")
			}
			for _, finding := range got {
				i := slices.IndexFunc(want, func(w string) bool { return strings.Contains(finding, w) })
				if i < 0 {
					t.Errorf("unexpected: %s", finding)
					continue
				}
				want = slices.Delete(want, i, i+1)
			}
			for _, w := range want {
				t.Errorf("not found: %s", w)
			}
		})
	}
}

// expectations are the lines "# want: ..." of a file.
func expectations(data []byte) []string {
	var want []string
	for line := range bytes.Lines(data) {
		if text, ok := strings.CutPrefix(string(line), "# want: "); ok {
			want = append(want, strings.TrimSpace(text))
		}
	}
	return want
}
