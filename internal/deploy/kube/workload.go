package kube

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Workload names something that runs pods.
type Workload struct{ Kind, Namespace, Name string }

// String is "deployment/comms".
func (w Workload) String() string { return strings.ToLower(w.Kind) + "/" + w.Name }

// Workloads are those among the objects.
func Workloads(objects []Object) []Workload {
	var found []Workload
	for _, object := range objects {
		switch object.Kind() {
		case "Deployment", "DaemonSet", "StatefulSet":
			found = append(found, Workload{object.Kind(), object.Namespace(), object.Name()})
		}
	}
	return found
}

// Metadata is what is read of an object's metadata.
type Metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               string            `json:"uid"`
	Generation        int64             `json:"generation"`
	Labels            map[string]string `json:"labels"`
	CreationTimestamp time.Time         `json:"creationTimestamp"`
	DeletionTimestamp *time.Time        `json:"deletionTimestamp"`
}

// Condition is an entry of status.conditions.
type Condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// controller is the part of a Deployment, DaemonSet or StatefulSet that tells whether its rollout is complete.
type controller struct {
	Kind     string   `json:"kind"`
	Metadata Metadata `json:"metadata"`
	Spec     struct {
		Replicas *int `json:"replicas"`
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
	} `json:"spec"`
	Status struct {
		ObservedGeneration int64       `json:"observedGeneration"`
		Replicas           int         `json:"replicas"`
		UpdatedReplicas    int         `json:"updatedReplicas"`
		AvailableReplicas  int         `json:"availableReplicas"`
		Desired            int         `json:"desiredNumberScheduled"`
		UpdatedScheduled   int         `json:"updatedNumberScheduled"`
		Available          int         `json:"numberAvailable"`
		Conditions         []Condition `json:"conditions"`
	} `json:"status"`
}

// pending says what the rollout waits for, as `kubectl rollout status` decides it, or "" when it is complete.
func (c controller) pending() string {
	status, wanted := c.Status, 1
	if c.Spec.Replicas != nil {
		wanted = *c.Spec.Replicas
	}
	updated, available, all := status.UpdatedReplicas, status.AvailableReplicas, status.Replicas
	if c.Kind == "DaemonSet" {
		wanted, updated, available, all = status.Desired, status.UpdatedScheduled, status.Available, status.UpdatedScheduled
	}
	switch {
	case status.ObservedGeneration < c.Metadata.Generation:
		return "not looked at yet"
	case updated < wanted:
		return fmt.Sprintf("%d of %d pods made", updated, wanted)
	case available < wanted:
		return fmt.Sprintf("%d of %d pods ready", available, wanted)
	case all > updated:
		return fmt.Sprintf("%d old to go", all-updated)
	}
	for _, condition := range status.Conditions {
		if condition.Type == "ReplicaFailure" && condition.Status == "True" {
			return "a pod cannot be made"
		}
	}
	return ""
}

// why tells what keeps the rollout: of the controller itself and of its pods that are not ready.
func (c controller) why(pods []Pod) []string {
	var reasons []string
	for _, condition := range c.Status.Conditions {
		if condition.Type == "ReplicaFailure" && condition.Status == "True" {
			reasons = append(reasons, condition.Message)
		}
	}
	for _, pod := range pods {
		if !c.owns(pod) {
			continue
		}
		if reason := pod.Waiting(); reason != "" {
			reasons = append(reasons, "pod "+pod.Metadata.Name+": "+reason)
		}
	}
	return reasons
}

// owns reports whether the pod is one of the workload's, by its labels, as Kubernetes decides it.
func (c controller) owns(pod Pod) bool {
	if pod.Metadata.Namespace != c.Metadata.Namespace {
		return false
	}
	for name, value := range c.Spec.Selector.MatchLabels {
		if pod.Metadata.Labels[name] != value {
			return false
		}
	}
	return true
}

// state is the controllers and pods of a cluster at one moment.
type state struct {
	controllers map[Workload]controller
	pods        []Pod
}

func (c *Client) state(ctx context.Context, workloads []Workload) (state, error) {
	kinds := map[string]bool{"pods": true}
	for _, w := range workloads {
		kinds[strings.ToLower(w.Kind)+"s"] = true
	}
	out, err := c.Run(ctx, nil, "get", strings.Join(slices.Sorted(maps.Keys(kinds)), ","), "--all-namespaces", "-o", "json")
	if err != nil {
		return state{}, err
	}
	return parseState(out)
}
