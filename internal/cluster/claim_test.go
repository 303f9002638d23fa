package cluster_test

import (
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/cluster"
)

func TestClaim(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	release, err := cluster.Claim("drydock-claim")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Claim("drydock-claim"); err == nil || !strings.Contains(err.Error(), "another run on this machine has the cluster drydock-claim") {
		t.Errorf("a second claim: %v", err)
	}
	other, err := cluster.Claim("drydock-other")
	if err != nil {
		t.Errorf("another cluster: %v", err)
	} else {
		other()
	}
	release()
	if release, err = cluster.Claim("drydock-claim"); err != nil {
		t.Fatalf("after its release: %v", err)
	}
	release()
}
