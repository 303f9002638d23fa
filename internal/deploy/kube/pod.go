package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Container is what a pod's specification says of one container.
type Container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
	// RestartPolicy is "Always" for an init container that is a native sidecar.
	RestartPolicy string `json:"restartPolicy"`
}

// ContainerStatus is how a container is.
type ContainerStatus struct {
	Name         string         `json:"name"`
	Ready        bool           `json:"ready"`
	Started      *bool          `json:"started"`
	RestartCount int            `json:"restartCount"`
	State        ContainerState `json:"state"`
	LastState    ContainerState `json:"lastState"`
}

// ContainerState has one of its fields set.
type ContainerState struct {
	Waiting *struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	} `json:"waiting"`
	Running *struct {
		StartedAt time.Time `json:"startedAt"`
	} `json:"running"`
	Terminated *struct {
		Reason   string `json:"reason"`
		Message  string `json:"message"`
		ExitCode int    `json:"exitCode"`
	} `json:"terminated"`
}

// Pod is a pod of the cluster.
type Pod struct {
	Metadata Metadata `json:"metadata"`
	Spec     struct {
		Containers     []Container `json:"containers"`
		InitContainers []Container `json:"initContainers"`
	} `json:"spec"`
	Status struct {
		Phase                 string            `json:"phase"`
		Conditions            []Condition       `json:"conditions"`
		ContainerStatuses     []ContainerStatus `json:"containerStatuses"`
		InitContainerStatuses []ContainerStatus `json:"initContainerStatuses"`
	} `json:"status"`
}

// Pods are the pods of a namespace that a label selector (empty: all) chooses.
func (c *Client) Pods(ctx context.Context, namespace, selector string) ([]Pod, error) {
	var found struct {
		Items []Pod `json:"items"`
	}
	err := c.Get(ctx, &found, "pods", "--namespace", namespace, "--selector", selector)
	return found.Items, err
}

// Ready reports whether the pod is ready and stays.
func (p Pod) Ready() bool {
	return p.Metadata.DeletionTimestamp == nil && slices.ContainsFunc(p.Status.Conditions, func(c Condition) bool {
		return c.Type == "Ready" && c.Status == "True"
	})
}

// Running are the statuses of the containers that run all the pod's life: the ordinary ones and the native sidecars.
func (p Pod) Running() []ContainerStatus {
	running := slices.Clone(p.Status.ContainerStatuses)
	for _, status := range p.Status.InitContainerStatuses {
		if slices.ContainsFunc(p.Spec.InitContainers, func(c Container) bool { return c.Name == status.Name && c.RestartPolicy == "Always" }) {
			running = append(running, status)
		}
	}
	return running
}

// Restarts is how often any of its containers was started again.
func (p Pod) Restarts() int {
	restarts := 0
	for _, status := range p.Running() {
		restarts += status.RestartCount
	}
	return restarts
}

// Waiting tells what a pod that is not ready waits for; it is "" for a ready one and one that is leaving.
func (p Pod) Waiting() string {
	if p.Ready() || p.Metadata.DeletionTimestamp != nil || p.Status.Phase == "Succeeded" {
		return ""
	}
	for _, condition := range p.Status.Conditions {
		if condition.Type == "PodScheduled" && condition.Status == "False" {
			return condition.Message
		}
	}
	var reasons []string
	for _, status := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if reason := status.waiting(); reason != "" {
			reasons = append(reasons, status.Name+" "+reason)
		}
	}
	if len(reasons) == 0 {
		return "no container yet"
	}
	return strings.Join(reasons, ", ")
}

func (s ContainerStatus) waiting() string {
	reason := ""
	switch state := s.State; {
	case s.Ready:
		return ""
	case state.Waiting != nil && state.Waiting.Reason == "CrashLoopBackOff":
		reason = state.Waiting.Reason // its message repeats the names
	case state.Waiting != nil:
		reason = detail(state.Waiting.Reason, state.Waiting.Message)
	case state.Terminated != nil && state.Terminated.ExitCode == 0:
		return ""
	case state.Terminated != nil:
		reason = detail(fmt.Sprintf("ended with code %d", state.Terminated.ExitCode), state.Terminated.Message)
	case s.Started != nil && !*s.Started:
		reason = "starts"
	default:
		reason = "runs and is not ready"
	}
	if last := s.LastState.Terminated; last != nil {
		reason += fmt.Sprintf(" (restarted %d times, last exit code %d)", s.RestartCount, last.ExitCode)
	}
	return reason
}

func detail(reason, message string) string {
	if message == "" {
		return reason
	}
	return reason + ": " + message
}

func parseState(out []byte) (state, error) {
	var found struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return state{}, fmt.Errorf("kubectl's answer: %w", err)
	}
	all := state{controllers: map[Workload]controller{}}
	for _, item := range found.Items {
		var c controller
		if err := json.Unmarshal(item, &c); err != nil {
			return state{}, fmt.Errorf("kubectl's answer: %w", err)
		}
		if c.Kind != "Pod" {
			all.controllers[Workload{c.Kind, c.Metadata.Namespace, c.Metadata.Name}] = c
			continue
		}
		var pod Pod
		if err := json.Unmarshal(item, &pod); err != nil {
			return state{}, fmt.Errorf("kubectl's answer: %w", err)
		}
		all.pods = append(all.pods, pod)
	}
	return all, nil
}
