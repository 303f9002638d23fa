// Package schema makes strict JSON schemas, in the layout that kubeconform reads, out of what pinned Go modules carry:
// Kubernetes' own OpenAPI document and the CustomResourceDefinitions of charts. Nothing is downloaded for them.
package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Location is kubeconform's schema location for the schemas that a Set wrote to dir.
func Location(dir string) string {
	return filepath.ToSlash(dir) + "/{{ .ResourceKind }}{{ .KindSuffix }}.json"
}

// object is any JSON object.
type object = map[string]any

// Set holds the schemas of kinds by file name.
type Set struct {
	definitions object
	files       map[string]object
}

// New reads Kubernetes' OpenAPI document (api/openapi-spec/swagger.json of its module), which has every built-in kind.
func New(openAPI string) (*Set, error) {
	data, err := os.ReadFile(openAPI)
	if err != nil {
		return nil, err
	}
	var document struct {
		Definitions object `json:"definitions"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", openAPI, err)
	}
	set := &Set{definitions: document.Definitions, files: map[string]object{}}
	for name, definition := range set.definitions {
		closeObjects(definition)
		if replaced, ok := scalars[name]; ok {
			set.definitions[name] = replaced
		}
	}
	for name, definition := range set.definitions {
		kinds, _ := definition.(object)["x-kubernetes-group-version-kind"].([]any)
		for _, kind := range kinds {
			k := kind.(object)
			file := fileName(k["kind"].(string), k["group"].(string), k["version"].(string))
			set.files[file] = object{"$ref": definitionPrefix + name}
		}
	}
	return set, nil
}

// Write writes every schema to dir, each with all the definitions that it needs.
func (s *Set) Write(dir string) error {
	for name, schema := range s.files {
		whole := maps.Clone(schema)
		whole["definitions"] = s.reachable(schema)
		data, err := json.Marshal(whole)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

const definitionPrefix = "#/definitions/"

// reachable are the definitions that schema refers to, directly or through others.
func (s *Set) reachable(schema any) object {
	found := object{}
	open := references(schema)
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		if _, ok := found[name]; !ok {
			found[name] = s.definitions[name]
			open = append(open, references(s.definitions[name])...)
		}
	}
	return found
}

func references(schema any) []string {
	var names []string
	switch node := schema.(type) {
	case object:
		if ref, ok := node["$ref"].(string); ok {
			names = append(names, strings.TrimPrefix(ref, definitionPrefix))
		}
		for _, key := range slices.Sorted(maps.Keys(node)) {
			names = append(names, references(node[key])...)
		}
	case []any:
		for _, item := range node {
			names = append(names, references(item)...)
		}
	}
	return names
}

// fileName is kubeconform's: of a group only what is before the first dot.
func fileName(kind, group, version string) string {
	suffix := version
	if group != "" {
		group, _, _ = strings.Cut(group, ".")
		suffix = group + "-" + version
	}
	return strings.ToLower(kind + "-" + suffix + ".json")
}
