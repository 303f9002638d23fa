// Package policy holds the rules that every manifest of this repository keeps, each a function from a rendered set of
// objects to findings that say which object breaks it and how.
package policy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Object is any object of Kubernetes.
type Object struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`

	// JSON is the whole object.
	JSON []byte `json:"-"`
}

// Metadata is what rules read of an object's metadata.
type Metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
}

// String names the object as findings do.
func (o Object) String() string {
	if o.Metadata.Namespace == "" {
		return o.Kind + " " + o.Metadata.Name
	}
	return o.Kind + " " + o.Metadata.Namespace + "/" + o.Metadata.Name
}

// As decodes the object into the Go type of its kind; an unknown field is an error.
func As[T any](o Object) (T, error) {
	var typed T
	if err := yaml.UnmarshalStrict(o.JSON, &typed); err != nil {
		return typed, fmt.Errorf("%s: %w", o, err)
	}
	return typed, nil
}

// Set is what a kustomization renders to.
type Set []Object

// Parse reads the documents of a YAML stream.
func Parse(stream []byte) (Set, error) {
	var set Set
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return set, nil
		}
		if err != nil {
			return nil, err
		}
		data, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(data, []byte("null")) {
			continue
		}
		object := Object{JSON: data}
		if err := yaml.Unmarshal(data, &object); err != nil {
			return nil, err
		}
		set = append(set, object)
	}
}

// Kind are the objects of a kind.
func (s Set) Kind(kind string) Set {
	var found Set
	for _, object := range s {
		if object.Kind == kind {
			found = append(found, object)
		}
	}
	return found
}

// Has tells whether the set has an object.
func (s Set) Has(kind, namespace, name string) bool {
	for _, object := range s {
		if object.Kind == kind && object.Metadata.Namespace == namespace && object.Metadata.Name == name {
			return true
		}
	}
	return false
}
