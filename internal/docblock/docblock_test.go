package docblock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const document = "before\n<!-- costs: begin, by a program -->\nold\n<!-- costs: end -->\nafter\n"

func TestReplace(t *testing.T) {
	got, err := Replace([]byte(document), "costs", "new\n")
	if want := "before\n<!-- costs: begin, by a program -->\n\nnew\n\n<!-- costs: end -->\nafter\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	again, err := Replace(got, "costs", "new")
	if err != nil || string(again) != string(got) {
		t.Errorf("once more: %q, %v", again, err)
	}
	for _, test := range []struct{ name, document, want string }{
		{"no block", "text\n", "want one block"},
		{"twice", document + document, "want one block"},
		{"end first", "<!-- costs: end -->\n<!-- costs: begin -->\n", "ends before it begins"},
	} {
		if _, err := Replace([]byte(test.document), "costs", "x"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func TestWrite(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.md"), []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if changed, err := Write(root, "a.md", "costs", "new"); changed != want || err != nil {
			t.Errorf("changed %v, %v; want %v", changed, err, want)
		}
	}
	if _, err := Write(root, "b.md", "costs", "new"); err == nil {
		t.Error("a document that is not there is no error")
	}
}
