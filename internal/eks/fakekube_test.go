package eks

import (
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// kubectl answers as the cluster would, with its controllers.
func (w *world) kubectl(line, stdin string) ([]string, error) {
	words := strings.Fields(line)
	switch words[1] {
	case "get":
		switch words[2] {
		case "crd":
			return w.named("crd", "'"+words[3]+"'"), nil
		case "persistentvolumes":
			return w.list("claim"), nil
		case "namespaces":
			return w.list("namespace"), nil
		case "secrets":
			_, release, _ := strings.Cut(flagValue(line, "--selector"), "status=deployed,name=")
			return w.named("deployed", "'"+release+"'"), nil
		case "deployments":
			if w.answers(strings.TrimPrefix(flagValue(line, "--field-selector"), "metadata.name=")) {
				return []string{"1"}, nil
			}
		}
		return w.listCared(words[2], flagValue(line, "--namespace")), nil
	case "wait":
		return nil, nil
	case "rollout":
		what := flagValue(line, "status")
		if !w.Has["object "+what] {
			return nil, fmt.Errorf("NotFound: %s", what)
		}
		return nil, nil
	case "apply":
		return nil, w.apply(line, stdin)
	case "delete":
		return nil, w.delete(words[2], words[3], line)
	case "patch":
		return nil, w.patch(words[2], line)
	}
	return nil, fmt.Errorf("fake kubectl knows no %q", line)
}

func (w *world) apply(line, stdin string) error {
	switch source := flagValue(line, "-f") + flagValue(line, "-k"); source {
	case "-":
		return w.applyObjects(stdin)
	case "k8s/platform/eks/storageclass.yaml":
		w.Has["object storageclass"] = true
	case "k8s/platform/datadog/namespace.yaml":
		w.Has["namespace "+datadogNamespace] = true
	case "k8s/platform/dapr/crds":
		w.Has["object dapr-crds"] = true
	case "k8s/platform/dapr-ha":
		if !w.Has["object dapr-crds"] || !w.Has["object storageclass"] {
			return errors.New("no matches for kind Configuration, or no storage class gp3")
		}
		w.Has["namespace "+daprNamespace] = true
		w.Has["object statefulset/dapr-scheduler-server"] = true
		for i := range 3 {
			w.Has[fmt.Sprintf("claim pv-%d", i)] = true
			w.Has[fmt.Sprintf("volume vol-%d", i)] = true
		}
	default:
		return fmt.Errorf("fake kubectl has no %s", source)
	}
	return nil
}

// object is what the fake reads of what it is given.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name, Namespace string
	} `json:"metadata"`
}

func (w *world) applyObjects(stream string) error {
	for document := range strings.SplitSeq(stream, "\n---\n") {
		var o object
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			return err
		}
		switch o.Kind {
		case "Secret":
			if !w.Has["namespace "+o.Metadata.Namespace] {
				return fmt.Errorf("namespace %s not found", o.Metadata.Namespace)
			}
		case "DatadogAgent":
			if !w.Has["crd datadogagents.datadoghq.com"] {
				return errors.New("no matches for kind DatadogAgent")
			}
			w.Has["agent "+o.Metadata.Name], w.Has["internal "+o.Metadata.Name] = true, true
			w.Has["object daemonset/"+o.Metadata.Name+"-agent"] = true
		case "Namespace":
			w.Has["namespace "+o.Metadata.Name] = true
		case "Deployment":
			w.Has["object deployment/"+o.Metadata.Name] = true
		case "Ingress":
			w.Has["ingress "+o.Metadata.Name] = true
			if w.answers(loadBalancerController) {
				w.Has["binding k8s-comms"] = true
				w.balance()
			}
		}
	}
	return nil
}

func (w *world) delete(kind, name, line string) error {
	if c, ok := cared[kind]; ok {
		return w.deleteCared(c, line)
	}
	switch kind {
	case "namespace":
		if !strings.Contains(line, "--ignore-not-found") {
			return fmt.Errorf("%q fails when it is repeated", line)
		}
		if held := w.held(name); len(held) > 0 {
			return fmt.Errorf("timed out: %v keep their finalizers", held)
		}
		delete(w.Has, "namespace "+name)
		if name == daprNamespace {
			w.drop("claim", "volume")
		}
	default:
		return fmt.Errorf("fake kubectl deletes no %s", kind)
	}
	return nil
}
