package schema

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// objectMeta is what the metadata of every kind is, also where a CRD says "object" only.
const objectMeta = definitionPrefix + "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

type definition struct {
	Kind string `json:"kind"`
	Spec struct {
		Group string `json:"group"`
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema object `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// AddCRDs adds the kinds that the CustomResourceDefinitions in the files matching pattern define, one in each file.
func (s *Set) AddCRDs(pattern string) error {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no CustomResourceDefinitions at %s", pattern)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var crd definition
		if err := yaml.Unmarshal(data, &crd); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if crd.Kind != "CustomResourceDefinition" {
			return fmt.Errorf("%s: kind %q, want one CustomResourceDefinition", file, crd.Kind)
		}
		for _, version := range crd.Spec.Versions {
			schema := version.Schema.OpenAPIV3Schema
			closeObjects(schema)
			if properties, ok := schema["properties"].(object); ok {
				properties["metadata"] = object{"$ref": objectMeta}
			}
			s.files[fileName(crd.Spec.Names.Kind, crd.Spec.Group, version.Name)] = schema
		}
	}
	return nil
}
