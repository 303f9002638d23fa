package eks

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/drydock-dev/drydock/internal/eks"
)

// newSchema is eksctl's own schema of ClusterConfig, out of the module that tools/eksctl pins.
func newSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	module, err := tools(t).ModuleDir(t.Context(), "eksctl", "github.com/weaveworks/eksctl")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(module, "pkg", "apis", "eksctl.io", "v1alpha5", "assets", "schema.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Names with bars in them, as eksctl writes them, are no references.
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.ReplaceAll(data, []byte("|"), []byte("-"))))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func config(t *testing.T) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(eks.ClusterFile)))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func validate(schema *jsonschema.Schema, content []byte) error {
	data, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

func TestClusterFitsEksctlsSchema(t *testing.T) {
	schema, content := newSchema(t), config(t)
	if err := validate(schema, content); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, replaced string }{
		{"a typo", "privateNetworking:", "privateNetwork:"},
		{"a word for a number", "volumeSize: 30", "volumeSize: large"},
		{"no such policy", "awsLoadBalancerController: true", "awsLoadBalancer: true"},
		{"no name", "name: dapr-demo", "title: dapr-demo"},
	} {
		broken := strings.Replace(string(content), test.old, test.replaced, 1)
		var invalid *jsonschema.ValidationError
		if err := validate(schema, []byte(broken)); !errors.As(err, &invalid) {
			t.Errorf("%s: error %v, want a violation of the schema", test.name, err)
		}
	}
}

// What the schema cannot say and a review would ask for.
func TestClusterIsClosed(t *testing.T) {
	var file struct {
		IAM struct {
			WithOIDC bool `json:"withOIDC"`
		} `json:"iam"`
		Addons []struct {
			Name                string `json:"name"`
			ConfigurationValues string `json:"configurationValues"`
		} `json:"addons"`
		AvailabilityZones []string         `json:"availabilityZones"`
		ManagedNodeGroups []map[string]any `json:"managedNodeGroups"`
		CloudWatch        struct {
			ClusterLogging struct {
				EnableTypes        []string `json:"enableTypes"`
				LogRetentionInDays int      `json:"logRetentionInDays"`
			} `json:"clusterLogging"`
		} `json:"cloudWatch"`
	}
	if err := yaml.Unmarshal(config(t), &file); err != nil {
		t.Fatal(err)
	}
	group := file.ManagedNodeGroups[0]
	for field, want := range map[string]any{
		"name": "mng-arm", "instanceType": "m6g.large", "desiredCapacity": 2.0,
		"privateNetworking": true, "volumeEncrypted": true, "volumeType": "gp3", "disableIMDSv1": true, "disablePodIMDS": true,
	} {
		if group[field] != want {
			t.Errorf("node group: %s is %v, want %v", field, group[field], want)
		}
	}
	if zones := file.AvailabilityZones; float64(len(zones)) != group["desiredCapacity"] {
		t.Errorf("zones %v: a node that is replaced must come up where its volumes are", zones)
	}
	addons := map[string]string{}
	for _, addon := range file.Addons {
		addons[addon.Name] = addon.ConfigurationValues
		if addon.ConfigurationValues != "" && !json.Valid([]byte(addon.ConfigurationValues)) {
			t.Errorf("%s: configurationValues is no JSON", addon.Name)
		}
	}
	for _, name := range []string{"eks-pod-identity-agent", "vpc-cni", "kube-proxy", "coredns", "aws-ebs-csi-driver", "metrics-server"} {
		if _, ok := addons[name]; !ok {
			t.Errorf("no add-on %s", name)
		}
	}
	if !strings.Contains(addons["vpc-cni"], `"enableNetworkPolicy": "true"`) {
		t.Error("the network does not enforce NetworkPolicies")
	}
	if want := `"` + eks.OwnerTag + `": "` + cluster(t).Name + `"`; !strings.Contains(addons["aws-ebs-csi-driver"], want) {
		t.Errorf("volumes lack the tag %s, so 'down' would not find them", want)
	}
	if !file.IAM.WithOIDC || !slices.Contains(file.CloudWatch.ClusterLogging.EnableTypes, "audit") || file.CloudWatch.ClusterLogging.LogRetentionInDays == 0 {
		t.Error("want an OIDC provider, and audit logs that end")
	}
}

// kind and EKS run the same minor of Kubernetes, and so does what checks the manifests.
func TestKubernetesIsTheSameMinorEverywhere(t *testing.T) {
	want := "v" + cluster(t).Version + "."
	for file, pattern := range map[string]string{
		"kind-arm64.yaml":         `kindest/node:(v[\d.]+)`,
		"images/images.yaml":      `kindest/node:(v[\d.]+)`,
		"tools/kubernetes/go.mod": `k8s.io/kubernetes (v[\d.]+)`,
		"k8s/base/namespace.yaml": `enforce-version: (v[\d.]+)`,
	} {
		content, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		match := regexp.MustCompile(pattern).FindSubmatch(content)
		if match == nil || !strings.HasPrefix(string(match[1])+".", want) {
			t.Errorf("%s: %q, want %s", file, match, want)
		}
	}
}
