package images

import (
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

func checkout(t *testing.T) string {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Every program that the list names must be one that can be built.
func TestListNamesKnownTools(t *testing.T) {
	root := checkout(t)
	list, err := ReadList(root)
	if err != nil {
		t.Fatal(err)
	}
	tools := toolchain.New(root, t.Output())
	for _, image := range list {
		if image.Source.Tool == "" {
			continue
		}
		if _, err := tools.Tool(image.Source.Tool); err != nil {
			t.Errorf("image %s: %v", image.Name, err)
		}
	}
}

func TestParseList(t *testing.T) {
	tests := []struct {
		name, content, want string // want is a part of the error, empty for none
	}{
		{"a tool", "images: [{name: a, reference: 'ghcr.io/a/b:1.0', source: {tool: a, path: /a, user: '1:1'}}]", ""},
		{"a service", "images: [{name: a, reference: drydock/a, source: {package: ./services/a, path: /a, user: '1:1'}}]", ""},
		{"a pinned digest", "images: [{name: a, reference: 'a/b:1', digest: 'sha256:" + strings.Repeat("0", 64) + "', source: {recipe: node}}]", ""},
		{"nothing", "images: []", "no images"},
		{"a typo", "images: [{name: a, reference: 'a:1', sauce: {tool: a}}]", "sauce"},
		{"no source", "images: [{name: a, reference: 'a:1', source: {path: /a, user: '1:1'}}]", "exactly one"},
		{"two sources", "images: [{name: a, reference: 'a:1', source: {tool: a, package: ./a, path: /a, user: '1:1'}}]", "exactly one"},
		{"an unknown recipe", "images: [{name: a, reference: 'a:1', source: {recipe: cake}}]", "cake"},
		{"root", "images: [{name: a, reference: 'a:1', source: {tool: a, path: /a, user: '0:0'}}]", "non-root"},
		{"a user by name", "images: [{name: a, reference: 'a:1', source: {tool: a, path: /a, user: nobody}}]", "numeric"},
		{"a relative path", "images: [{name: a, reference: 'a:1', source: {tool: a, path: a, user: '1:1'}}]", "not absolute"},
		{"no tag", "images: [{name: a, reference: a/b, source: {tool: a, path: /a, user: '1:1'}}]", "needs a version"},
		{"a moving tag", "images: [{name: a, reference: 'a/b:latest', source: {tool: a, path: /a, user: '1:1'}}]", "needs a version"},
		{"a short digest", "images: [{name: a, reference: 'a/b:1', digest: 'sha256:12', source: {recipe: node}}]", "sha256:12"},
		{"a tagged service", "images: [{name: a, reference: 'drydock/a:1', source: {package: ./a, path: /a, user: '1:1'}}]", "drydock/a:1"},
		{"one name twice", "images: [{name: a, reference: 'a:1', source: {recipe: node}}, {name: a, reference: 'b:1', source: {recipe: node}}]", "twice"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseList([]byte(test.content))
			if test.want == "" && err != nil {
				t.Fatalf("got error %v", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	list := List{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	chosen, err := list.Named("c", "a")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, image := range chosen {
		names = append(names, image.Name)
	}
	if want := []string{"a", "c"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v in the list's order", names, want)
	}
	if _, err := list.Named("d"); err == nil || !strings.Contains(err.Error(), "a, b, c") {
		t.Errorf("got error %v, want one that names what there is", err)
	}
}
