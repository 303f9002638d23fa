package eks

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/yannh/kubeconform/pkg/validator"

	"github.com/drydock-dev/drydock/internal/eks"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/internal/render"
	"github.com/drydock-dev/drydock/test/manifests/policy"
	"github.com/drydock-dev/drydock/test/manifests/schema"
)

func TestObjectsFitTheirSchemas(t *testing.T) {
	tools := tools(t)
	module := func(family, path string) string {
		dir, err := tools.ModuleDir(t.Context(), family, path)
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	schemas, err := schema.New(filepath.Join(module("kubernetes", "k8s.io/kubernetes"), "api", "openapi-spec", "swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		filepath.Join(module("dapr", render.Dapr.Module), filepath.FromSlash(render.Dapr.Chart), "crds", "*.yaml"),
		filepath.Join(module("datadog-operator", "github.com/DataDog/datadog-operator"), "config", "crd", "bases", "v1", "datadoghq.com_datadogagents.yaml"),
	} {
		if err := schemas.AddCRDs(pattern); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := schemas.Write(dir); err != nil {
		t.Fatal(err)
	}
	v, err := validator.New([]string{schema.Location(dir)}, validator.Opts{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	check := func(stream []byte) (valid int, findings []string) {
		for _, result := range v.Validate("rendered", io.NopCloser(bytes.NewReader(stream))) {
			switch result.Status {
			case validator.Valid:
				valid++
			case validator.Empty:
			default:
				signature, _ := result.Resource.Signature()
				findings = append(findings, strings.TrimSpace(signature.Kind+" "+signature.Name+": "+result.Err.Error()))
			}
		}
		return valid, findings
	}
	for _, environment := range []parity.Environment{parity.EKS, parity.Rehearsal} {
		valid, findings := check(rendered(t, environment))
		for _, finding := range findings {
			t.Errorf("%s: %s", environment.Name, finding)
		}
		if valid < 50 {
			t.Errorf("%s: %d objects were valid", environment.Name, valid)
		}
	}
	wrong := bytes.Replace(rendered(t, parity.EKS), []byte("containerCollectAll"), []byte("containerCollectEverything"), 1)
	if _, findings := check(wrong); len(findings) != 1 {
		t.Errorf("a field that DatadogAgent does not have: findings %q, want one", findings)
	}
}

// The rules that every cluster of this repository keeps, with the images that EKS has.
func TestEKSKeepsTheRules(t *testing.T) {
	list, err := images.ReadList(root(t))
	if err != nil {
		t.Fatal(err)
	}
	// The one image that no local cluster runs: see eks/parity.yaml.
	known := map[string]bool{"ghcr.io/dapr/scheduler:1.18.0": true}
	own := map[string]bool{}
	for _, image := range list {
		known[image.Reference] = true
		own["account.dkr.ecr.region.amazonaws.com/"+image.Reference+":unpublished"] = image.Own()
	}
	set := objects(t, parity.EKS)
	for _, rule := range append(policy.Rules(), policy.Images(known, own)) {
		t.Run(rule.Name, func(t *testing.T) {
			findings, err := rule.Check(set)
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range findings {
				t.Error(finding)
			}
		})
	}
}

func TestServicesAreReadyForSeveralZones(t *testing.T) {
	set := objects(t, parity.EKS)
	autoscalers := map[string]autoscalingv2.HorizontalPodAutoscaler{}
	for _, object := range set.Kind("HorizontalPodAutoscaler") {
		autoscaler, err := policy.As[autoscalingv2.HorizontalPodAutoscaler](object)
		if err != nil {
			t.Fatal(err)
		}
		autoscalers[autoscaler.Spec.ScaleTargetRef.Name] = autoscaler
	}
	budgets := map[string]bool{}
	for _, object := range set.Kind("PodDisruptionBudget") {
		budget, err := policy.As[policyv1.PodDisruptionBudget](object)
		if err != nil {
			t.Fatal(err)
		}
		budgets[budget.Spec.Selector.MatchLabels["app"]] = true
	}
	seen := 0
	for _, object := range set.Kind("Deployment") {
		if object.Metadata.Namespace != "dapr-services" {
			continue
		}
		seen++
		deployment, err := policy.As[appsv1.Deployment](object)
		if err != nil {
			t.Fatal(err)
		}
		pod, name := deployment.Spec.Template.Spec, object.Metadata.Name
		autoscaler, ok := autoscalers[name]
		if !ok || deployment.Spec.Replicas != nil || *autoscaler.Spec.MinReplicas < 2 {
			t.Errorf("%s: want a number of pods that its autoscaler alone sets, at least 2", object)
		}
		if !budgets[name] {
			t.Errorf("%s: no disruption budget", object)
		}
		if pod.PriorityClassName == "" || !set.Has("PriorityClass", "", pod.PriorityClassName) {
			t.Errorf("%s: priority class %q", object, pod.PriorityClassName)
		}
		if !slices.ContainsFunc(pod.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
			return c.TopologyKey == corev1.LabelTopologyZone && c.WhenUnsatisfiable == corev1.DoNotSchedule
		}) {
			t.Errorf("%s: its pods may all be in one zone", object)
		}
		// Datadog's unified service tags, on the workload and on its pods.
		for _, tag := range []string{"env", "service", "version"} {
			label := "tags.datadoghq.com/" + tag
			if deployment.Labels[label] == "" || deployment.Labels[label] != deployment.Spec.Template.Labels[label] {
				t.Errorf("%s: label %s is %q, on its pods %q", object, label, deployment.Labels[label], deployment.Spec.Template.Labels[label])
			}
		}
		if deployment.Labels["tags.datadoghq.com/service"] != deployment.Spec.Template.Annotations["dapr.io/app-id"] {
			t.Errorf("%s: the service of its logs is not that of its spans", object)
		}
	}
	if seen == 0 {
		t.Error("no services")
	}
}

// All workloads of ours run where their images do.
func TestEverythingRunsOnGraviton(t *testing.T) {
	workloads, err := objects(t, parity.EKS).Workloads()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workloads {
		arm := false
		if affinity := w.Pod.Spec.Affinity; affinity != nil && affinity.NodeAffinity != nil && affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
			for _, term := range affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
				for _, expression := range term.MatchExpressions {
					arm = arm || expression.Key == corev1.LabelArchStable && slices.Equal(expression.Values, []string{"arm64"})
				}
			}
		}
		if !arm {
			t.Errorf("%s: may be put on a node that is not arm64", w)
		}
	}
}

func TestIngressIsInternalAndEncrypted(t *testing.T) {
	ingress, err := policy.As[networkingv1.Ingress](one(t, objects(t, parity.EKS), "Ingress"))
	if err != nil {
		t.Fatal(err)
	}
	const prefix = "alb.ingress.kubernetes.io/"
	for name, want := range map[string]string{
		"scheme": "internal", "target-type": "ip", "healthcheck-path": "/ready", "listen-ports": `[{"HTTPS": 443}]`,
	} {
		if got := ingress.Annotations[prefix+name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(ingress.Spec.TLS) != 1 || !slices.Contains(ingress.Spec.TLS[0].Hosts, ingress.Spec.Rules[0].Host) {
		t.Error("the host has no certificate")
	}
}

// The Agent's Service must be the one that base's Dapr Configuration names, and drop what kind's Collector drops.
func TestDatadogAgentTakesTheCollectorsPlace(t *testing.T) {
	set := objects(t, parity.EKS)
	var agent struct {
		Metadata struct{ Name, Namespace string } `json:"metadata"`
		Spec     struct {
			Global struct {
				ClusterName string   `json:"clusterName"`
				Site        string   `json:"site"`
				Tags        []string `json:"tags"`
				Credentials map[string]map[string]string
			} `json:"global"`
			Features struct {
				OTLP struct {
					Receiver struct {
						Protocols map[string]struct {
							Enabled  bool   `json:"enabled"`
							Endpoint string `json:"endpoint"`
						} `json:"protocols"`
					} `json:"receiver"`
				} `json:"otlp"`
				LogCollection struct {
					Enabled             bool `json:"enabled"`
					ContainerCollectAll bool `json:"containerCollectAll"`
				} `json:"logCollection"`
				APM, OrchestratorExplorer struct {
					Enabled bool `json:"enabled"`
				}
			} `json:"features"`
			Override struct {
				NodeAgent struct {
					Containers map[string]struct {
						Env []corev1.EnvVar `json:"env"`
					} `json:"containers"`
				} `json:"nodeAgent"`
			} `json:"override"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(one(t, set, "DatadogAgent").JSON, &agent); err != nil {
		t.Fatal(err)
	}
	var configuration struct {
		Spec struct {
			Tracing struct {
				OTel struct {
					EndpointAddress string `json:"endpointAddress"`
				} `json:"otel"`
			} `json:"tracing"`
		} `json:"spec"`
	}
	for _, object := range set.Kind("Configuration") {
		if object.Metadata.Namespace == "dapr-services" {
			if err := json.Unmarshal(object.JSON, &configuration); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The Operator appends "-agent" to the name of the DatadogAgent.
	service := agent.Metadata.Name + "-agent." + agent.Metadata.Namespace + ".svc.cluster.local"
	protocols := agent.Spec.Features.OTLP.Receiver.Protocols
	host, port, err := net.SplitHostPort(configuration.Spec.Tracing.OTel.EndpointAddress)
	if err != nil || host != service || !strings.HasSuffix(protocols["http"].Endpoint, ":"+port) {
		t.Errorf("Dapr sends to %s:%s (%v), the Agent's Service is %s and listens at %s", host, port, err, service, protocols["http"].Endpoint)
	}
	features := agent.Spec.Features
	if !protocols["http"].Enabled || !protocols["grpc"].Enabled || !strings.HasSuffix(protocols["grpc"].Endpoint, ":4317") ||
		!features.APM.Enabled || !features.LogCollection.Enabled || !features.LogCollection.ContainerCollectAll || !features.OrchestratorExplorer.Enabled {
		t.Errorf("features %+v, want OTLP on both ports, traces, all logs and the orchestrator explorer", features)
	}
	if agent.Spec.Global.ClusterName != cluster(t).Name || !slices.Contains(agent.Spec.Global.Tags, "env:demo") {
		t.Errorf("cluster name %q and tags %q, want those of %s", agent.Spec.Global.ClusterName, agent.Spec.Global.Tags, eks.ClusterFile)
	}
	if secret := agent.Spec.Global.Credentials["apiSecret"]; secret["secretName"] != "datadog-secret" || secret["keyName"] != "api-key" {
		t.Errorf("the API key comes from %v", secret)
	}
	ignored := ""
	for _, env := range agent.Spec.Override.NodeAgent.Containers["trace-agent"].Env {
		if env.Name == "DD_APM_IGNORE_RESOURCES" {
			ignored = env.Value
		}
	}
	if ignored == "" || !bytes.Contains(rendered(t, parity.Kind), []byte(`"`+ignored+`"`)) {
		t.Errorf("the Agent ignores %q, the Collector something else", ignored)
	}
}

// The ports that the sidecars' policy opens towards Dapr and the Agent are ports of pods, which Services may rename.
func TestNetworkPolicyOpensThePortsOfPods(t *testing.T) {
	set := objects(t, parity.EKS)
	open := map[string]map[int32]bool{}
	for _, object := range set.Kind("NetworkPolicy") {
		rules, err := policy.As[networkingv1.NetworkPolicy](object)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range rules.Spec.Egress {
			for _, to := range rule.To {
				if to.NamespaceSelector == nil {
					continue
				}
				namespace := to.NamespaceSelector.MatchLabels[corev1.LabelMetadataName]
				if open[namespace] == nil {
					open[namespace] = map[int32]bool{}
				}
				for _, port := range rule.Ports {
					open[namespace][port.Port.IntVal] = true
				}
			}
		}
	}
	wanted := map[string]string{"dapr-api": "grpc", "dapr-sentry": "grpc", "dapr-scheduler-server-a": "api"}
	for _, object := range set.Kind("Service") {
		service, err := policy.As[corev1.Service](object)
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range service.Spec.Ports {
			if wanted[service.Name] != port.Name || port.Name == "" {
				continue
			}
			delete(wanted, service.Name)
			if !open[service.Namespace][port.TargetPort.IntVal] {
				t.Errorf("%s: sidecars may not reach port %d of its pods, only %v", object, port.TargetPort.IntVal, open[service.Namespace])
			}
		}
	}
	if len(wanted) > 0 {
		t.Errorf("no such Services: %v", wanted)
	}
	for _, port := range []int32{4317, 4318} {
		if !open["datadog-operator"][port] {
			t.Errorf("sidecars may not send traces to port %d", port)
		}
	}
}

// staticKeys are what credentials that do not expire look like, and the fields that Dapr takes them in.
var staticKeys = regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b|(?i)aws_?secret_?access_?key|aws_?access_?key_?id|\bname: (accessKey|secretKey)\b`)

func TestNoSecretIsInAManifest(t *testing.T) {
	for _, environment := range []parity.Environment{parity.EKS, parity.Kind, parity.Rehearsal} {
		if found := staticKeys.Find(rendered(t, environment)); found != nil {
			t.Errorf("%s: a static key: %s", environment.Name, found)
		}
		for _, object := range objects(t, environment).Kind("Secret") {
			var secret corev1.Secret
			if err := json.Unmarshal(object.JSON, &secret); err != nil {
				t.Fatal(err)
			}
			if len(secret.Data)+len(secret.StringData) > 0 {
				t.Errorf("%s: %s has values in it", environment.Name, object)
			}
		}
		workloads, err := objects(t, environment).Workloads()
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range workloads {
			for _, container := range w.Containers() {
				for _, env := range container.Env {
					if env.Value != "" && regexp.MustCompile(`(?i)(token|secret|password|api_?key)$`).MatchString(env.Name) {
						t.Errorf("%s: %s: %s is written out", environment.Name, w, env.Name)
					}
				}
			}
		}
	}
}
