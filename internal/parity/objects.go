package parity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Objects are the fields of objects, by the object's name and the field's path.
type Objects map[string]Fields

// Fields are values as JSON writes them, by path: "spec.template.spec.containers[comms].image".
type Fields map[string]string

// add takes in the documents of a rendered kustomization.
func (o Objects) add(rendered []byte) error {
	for document := range bytes.SplitSeq(rendered, []byte("\n---\n")) {
		var object map[string]any
		if err := yaml.Unmarshal(document, &object); err != nil {
			return err
		}
		if object == nil {
			continue
		}
		name := nameOf(object)
		if _, there := o[name]; there {
			return fmt.Errorf("%s is there twice", name)
		}
		fields := Fields{}
		flatten("", object, fields)
		o[name] = fields
	}
	return nil
}

func nameOf(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	name := fmt.Sprint(metadata["name"])
	if namespace, ok := metadata["namespace"].(string); ok {
		name = namespace + "/" + name
	}
	return fmt.Sprint(object["kind"]) + " " + name
}

// flatten puts every value below path into fields. Elements of a list go by their name where they all have one, so
// that an element in front does not make all others differ.
func flatten(path string, value any, fields Fields) {
	switch value := value.(type) {
	case map[string]any:
		if len(value) == 0 {
			fields[path] = "{}"
		}
		for key, below := range value {
			flatten(join(path, key), below, fields)
		}
	case []any:
		if len(value) == 0 {
			fields[path] = "[]"
		}
		names := namesOf(value)
		for i, below := range value {
			flatten(path+"["+names[i]+"]", below, fields)
		}
	default:
		if strings.HasSuffix(path, daprEnv) {
			flattenPairs(path, text(value), fields)
			return
		}
		fields[path] = text(value)
	}
}

// daprEnv ends the path of the annotation that holds a sidecar's environment, "NAME=value,NAME=value". Of OTEL_RESOURCE_ATTRIBUTES the value is such a
// list itself, so its attributes are told apart too.
const daprEnv = "[dapr.io/env]"

// flattenPairs gives each pair of a list a field of its own.
func flattenPairs(path, list string, fields Fields) {
	for pair := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(pair, "=")
		if attributes, first, found := strings.Cut(value, "="); found {
			name, value = name+"."+attributes, first
		}
		fields[path+"["+name+"]"] = value
	}
}

func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}

// join adds a key to a path. A key with dots is put in brackets, as in labels[app.kubernetes.io/name].
func join(path, key string) string {
	switch {
	case strings.ContainsAny(key, "./"):
		return path + "[" + key + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// identities are the fields by which elements of a list are told apart, the better one first.
var identities = []string{"name", "topologyKey", "key", "port", "host"}

func namesOf(list []any) []string {
	for _, identity := range identities {
		names := make([]string, len(list))
		for i, element := range list {
			if fields, ok := element.(map[string]any); ok && fields[identity] != nil {
				names[i] = text(fields[identity])
			}
		}
		if distinct(names) {
			return names
		}
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = strconv.Itoa(i)
	}
	return names
}

func distinct(names []string) bool {
	seen := map[string]bool{"": true}
	for _, name := range names {
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// keys are the keys of both, sorted.
func keys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
