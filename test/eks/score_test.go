package eks

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// exceptions are kube-score's criticals that are wanted, with the namespaces that they are wanted in.
var exceptions = []struct{ check, namespaces, why string }{
	{"container-image-pull-policy", "dapr-services dapr-system", "images are named by digest, or by the tag of a release: pulling again brings the same"},
	{"container-ephemeral-storage-request-and-limit", "dapr-services dapr-system", "read-only root file systems; logs are rotated by the kubelet"},
	{"container-security-context-user-group-id", "dapr-system", "runAsNonRoot, with the user that the image names: 65532"},
	{"pod-networkpolicy", "dapr-system", "the API server calls its webhooks from addresses that a policy cannot name on every cluster"},
	{"pod-probes-identical", "dapr-system", "the chart's, with other delays and thresholds"},
}

func TestKubeScoreFindsNothingCritical(t *testing.T) {
	program, err := tools(t).Path(t.Context(), "kube-score", toolchain.Target{})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "score", "--kubernetes-version", "v"+cluster(t).Version, "--output-format", "json",
		// Throttling would show as latency that no span explains; requests divide a full node fairly.
		"--ignore-container-cpu-limit", "-")
	cmd.Stdin = bytes.NewReader(rendered(t, parity.EKS))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	// It fails when it finds anything, so its answer is what counts.
	out, runErr := cmd.Output()
	var scored []struct {
		Object string `json:"object_name"`
		Meta   struct {
			Namespace string `json:"namespace"`
		} `json:"object_meta"`
		Checks []struct {
			Check struct {
				ID string `json:"id"`
			} `json:"check"`
			Grade    int  `json:"grade"`
			Skipped  bool `json:"skipped"`
			Comments []struct {
				Summary string `json:"summary"`
			} `json:"comments"`
		} `json:"checks"`
	}
	if err := json.Unmarshal(out, &scored); err != nil {
		t.Fatalf("%v: %v: %s", err, runErr, stderr.String())
	}
	const critical = 1
	used, checks := map[string]bool{}, 0
	for _, object := range scored {
		for _, check := range object.Checks {
			checks++
			if check.Skipped || check.Grade != critical {
				continue
			}
			excepted := false
			for _, exception := range exceptions {
				if exception.check == check.Check.ID && strings.Contains(" "+exception.namespaces+" ", " "+object.Meta.Namespace+" ") {
					excepted, used[exception.check] = true, true
				}
			}
			if !excepted {
				t.Errorf("%s: %s: %v", object.Object, check.Check.ID, check.Comments)
			}
		}
	}
	if checks < 100 {
		t.Errorf("%d checks", checks)
	}
	for _, exception := range exceptions {
		if !used[exception.check] {
			t.Errorf("the exception for %s is no longer needed", exception.check)
		}
	}
}
