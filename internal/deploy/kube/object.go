package kube

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"sigs.k8s.io/yaml"
)

// Object is a Kubernetes object as JSON has it.
type Object map[string]any

// Parse reads a rendered kustomization: documents divided by lines of three dashes.
func Parse(rendered []byte) ([]Object, error) {
	var objects []Object
	for document := range bytes.SplitSeq(rendered, []byte("\n---\n")) {
		var object Object
		if err := yaml.Unmarshal(document, &object); err != nil {
			return nil, err
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// Kind is the object's kind, as in "Deployment".
func (o Object) Kind() string { return o.text("kind") }

// Name is the object's name.
func (o Object) Name() string { return o.text("metadata", "name") }

// Namespace is empty for what belongs to the cluster.
func (o Object) Namespace() string { return o.text("metadata", "namespace") }

// String is "deployment/comms of dapr-services".
func (o Object) String() string {
	name := strings.ToLower(o.Kind()) + "/" + o.Name()
	if o.Namespace() != "" {
		name += " of " + o.Namespace()
	}
	return name
}

// At is the value at a path of field names, nil where there is none.
func (o Object) At(path ...string) any {
	var value any = map[string]any(o)
	for _, field := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[field]
	}
	return value
}

func (o Object) text(path ...string) string {
	text, _ := o.At(path...).(string)
	return text
}

// Declared is what somebody wrote into the object: it without its status and without what the API server keeps count of.
func (o Object) Declared() Object {
	declared := maps.Clone(o)
	delete(declared, "status")
	if metadata, ok := o["metadata"].(map[string]any); ok {
		metadata = maps.Clone(metadata)
		for _, field := range []string{"managedFields", "resourceVersion", "generation"} {
			delete(metadata, field)
		}
		declared["metadata"] = metadata
	}
	return declared
}

// Same reports whether two states of an object declare the same.
func Same(a, b Object) bool { return reflect.DeepEqual(a.Declared(), b.Declared()) }

// list is the objects as one that kubectl takes.
func list(objects []Object) ([]byte, error) {
	return json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
}

// unlist reads what kubectl prints for several objects, for one, and for none.
func unlist(out []byte) ([]Object, error) {
	if len(bytes.TrimSpace(out)) == 0 {
		return nil, nil
	}
	var all struct {
		Kind  string   `json:"kind"`
		Items []Object `json:"items"`
	}
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, fmt.Errorf("kubectl's answer: %w", err)
	}
	if all.Kind == "List" {
		return all.Items, nil
	}
	var one Object
	err := json.Unmarshal(out, &one)
	return []Object{one}, err
}
