package schema

// scalars are the types that JSON writes in more than one way, and OpenAPI names as plain strings.
var scalars = map[string]object{
	"io.k8s.apimachinery.pkg.api.resource.Quantity":   {"type": []any{"string", "number"}},
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": []any{"string", "integer"}},
}

// closeObjects makes an object with known properties refuse all others, so that a misspelt field is an error, and
// turns OpenAPI's nullable into JSON schema's. It descends into schemas only: a property may be called "properties".
func closeObjects(schema any) {
	node, ok := schema.(object)
	if !ok {
		return
	}
	properties, known := node["properties"].(object)
	_, open := node["additionalProperties"]
	if known && !open && node["x-kubernetes-preserve-unknown-fields"] != true {
		node["additionalProperties"] = false
	}
	if name, ok := node["type"].(string); ok && node["nullable"] == true {
		node["type"] = []any{name, "null"}
	}
	for _, property := range properties {
		closeObjects(property)
	}
	closeObjects(node["items"])
	closeObjects(node["additionalProperties"])
}
