package eks

import (
	"errors"
	"fmt"
	"strings"
)

// care says which controller takes the finalizer off the objects of a kind, and in which namespace they are here.
type care struct{ kind, namespace, controller string }

// cared are such kinds, as kubectl calls them.
var cared = map[string]care{
	"ingress":                             {"ingress", servicesNamespace, loadBalancerController},
	"ingresses":                           {"ingress", servicesNamespace, loadBalancerController},
	"targetgroupbindings.elbv2.k8s.aws":   {"binding", servicesNamespace, loadBalancerController},
	"datadogagents":                       {"agent", datadogNamespace, datadogOperator},
	"datadogagents.datadoghq.com":         {"agent", datadogNamespace, datadogOperator},
	"datadogagentinternals.datadoghq.com": {"internal", datadogNamespace, datadogOperator},
}

// crds are what the charts bring; they stay when the release goes.
var crds = map[string][]string{
	loadBalancerController: {"targetgroupbindings.elbv2.k8s.aws"},
	datadogOperator:        {"datadogagents.datadoghq.com", "datadogagentinternals.datadoghq.com"},
}

// insideCluster are the kinds that go with the cluster.
var insideCluster = []string{"namespace", "release", "deployed", "pending", "sick", "crd", "agent", "internal", "ingress", "binding", "deleting", "claim", "object"}

// answers tells whether the controller is there and well.
func (w *world) answers(controller string) bool {
	return w.Has["release "+controller] && !w.Has["sick "+controller]
}

// listCared are objects as `kubectl get --output name` has them.
func (w *world) listCared(resource, namespace string) []string {
	c, ok := cared[resource]
	if !ok || c.namespace != namespace {
		return nil
	}
	var names []string
	for _, name := range w.list(c.kind) {
		names = append(names, c.kind+"/"+name)
	}
	return names
}

func (w *world) deleteCared(c care, line string) error {
	names := w.list(c.kind)
	switch {
	case len(names) == 0:
		return nil
	case w.answers(c.controller) && c.controller == loadBalancerController:
		w.drop("ingress", "binding")
		w.unbalance()
		return nil
	case w.answers(c.controller):
		w.drop("agent", "internal")
		return nil
	}
	for _, name := range names {
		w.Has["deleting "+c.kind+"/"+name] = true
	}
	if strings.Contains(line, "--wait=false") {
		return nil
	}
	return fmt.Errorf("timed out: %s %v keeps its finalizer", c.kind, names)
}

// patch takes finalizers off an object.
func (w *world) patch(object, line string) error {
	kind, name, _ := strings.Cut(object, "/")
	switch {
	case !strings.HasSuffix(line, ` --type=merge --patch {"metadata":{"finalizers":null}}`):
		return fmt.Errorf("fake kubectl knows no %q", line)
	case !w.Has[kind+" "+name]:
		return fmt.Errorf("NotFound: %s", object)
	case (kind == "ingress" || kind == "binding") && w.Has["release "+loadBalancerController] && !w.answers(loadBalancerController):
		return errors.New("failed calling webhook: no endpoints available for service aws-load-balancer-webhook-service")
	case !w.Has["deleting "+object]:
		return fmt.Errorf("%s is not being deleted: its controller could put the finalizer on again", object)
	}
	delete(w.Has, kind+" "+name)
	delete(w.Has, "deleting "+object)
	return nil
}

// held are the objects that keep a namespace.
func (w *world) held(namespace string) []string {
	var names []string
	for _, c := range cared {
		if c.namespace == namespace {
			names = append(names, w.list(c.kind)...)
		}
	}
	return names
}
