package eks

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/drydock-dev/drydock/internal/docblock"
	"github.com/drydock-dev/drydock/internal/eks"
	"github.com/drydock-dev/drydock/internal/parity"
)

// The tables in the document are those that the programs print today.
func TestDocumentTellsCostsAndDifferencesOfToday(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(eks.Document)))
	if err != nil {
		t.Fatal(err)
	}
	allow, err := parity.ReadAllow(root(t))
	if err != nil {
		t.Fatal(err)
	}
	project := eks.Project{Root: root(t), Cluster: cluster(t)}
	costs, err := project.CostTable()
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []struct{ name, content, mend string }{
		{parity.Block, parity.Markdown(allow), "go run ./cmd/parity -write"},
		{eks.CostsBlock, costs, "go run ./cmd/eks cost -write"},
	} {
		written, err := docblock.Replace(document, block.name, block.content)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(document, written) {
			t.Errorf("%s: %s is not up to date: %s", eks.Document, block.name, block.mend)
		}
	}
}
