package policy

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// shutdown finds services whose last moments do not fit: everything must be over within the grace period, an ordinary
// sidecar must have left before its service stops answering, and a native one needs no waiting of its own.
func shutdown(set Set) ([]string, error) {
	return eachWorkload(set, func(w Workload) ([]string, error) {
		if w.Annotation(annotationEnabled) != "true" {
			return nil, nil
		}
		durations, err := readDurations(w, "SHUTDOWN_DELAY", "SHUTDOWN_GRACE")
		if err != nil {
			return []string{err.Error()}, nil
		}
		delay, grace := durations[0], durations[1]
		seconds, err := strconv.Atoi(w.Annotation("dapr.io/graceful-shutdown-seconds"))
		if err != nil {
			return []string{"dapr.io/graceful-shutdown-seconds: " + err.Error()}, nil
		}
		graceful := time.Duration(seconds) * time.Second
		block, err := time.ParseDuration(w.Annotation("dapr.io/block-shutdown-duration"))
		if err != nil {
			return []string{"dapr.io/block-shutdown-duration: " + err.Error()}, nil
		}
		native := w.Annotation("dapr.io/enable-native-sidecar") == "true"

		var findings []string
		total := max(delay+grace, block+graceful)
		if native {
			total = delay + grace + block + graceful
		}
		period := 30 * time.Second // Kubernetes' default
		if w.Pod.Spec.TerminationGracePeriodSeconds != nil {
			period = time.Duration(*w.Pod.Spec.TerminationGracePeriodSeconds) * time.Second
		}
		if total >= period {
			findings = append(findings, fmt.Sprintf("leaving takes up to %v, its grace period is %v", total, period))
		}
		if !native && block+graceful >= delay {
			findings = append(findings, fmt.Sprintf("its sidecar takes callers for up to %v, it answers for SHUTDOWN_DELAY=%v only", block+graceful, delay))
		}
		if native && block > 0 {
			findings = append(findings, fmt.Sprintf("its native sidecar is told after it has ended, and would wait %v for nobody", block))
		}
		return findings, nil
	})
}

// readDurations reads variables of the workload's containers.
func readDurations(w Workload, names ...string) ([]time.Duration, error) {
	values := map[string]string{}
	for _, container := range w.Containers() {
		for _, env := range container.Env {
			values[env.Name] = env.Value
		}
	}
	var durations []time.Duration
	for _, name := range names {
		duration, err := time.ParseDuration(values[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		durations = append(durations, duration)
	}
	return durations, nil
}

// resiliency is what retries reads of Dapr's Resiliency.
type resiliency struct {
	Scopes []string `json:"scopes"`
	Spec   struct {
		Policies struct {
			Timeouts map[string]string `json:"timeouts"`
			Retries  map[string]struct {
				Policy     string `json:"policy"`
				Duration   string `json:"duration"`
				MaxRetries int    `json:"maxRetries"`
				Matching   struct {
					HTTPStatusCodes string `json:"httpStatusCodes"`
				} `json:"matching"`
			} `json:"retries"`
		} `json:"policies"`
		Targets struct {
			Apps map[string]struct {
				Timeout string `json:"timeout"`
				Retry   string `json:"retry"`
			} `json:"apps"`
		} `json:"targets"`
	} `json:"spec"`
}

// retries finds resiliency policies that go on after their caller has given up, have no bound, or repeat what the
// caller did wrong.
func retries(set Set) ([]string, error) {
	workloads, err := set.Workloads()
	if err != nil {
		return nil, err
	}
	var findings []string
	for _, object := range set.Kind("Resiliency") {
		var r resiliency
		if err := json.Unmarshal(object.JSON, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", object, err)
		}
		for app, target := range r.Spec.Targets.Apps {
			retry, ok := r.Spec.Policies.Retries[target.Retry]
			timeout, err := time.ParseDuration(r.Spec.Policies.Timeouts[target.Timeout])
			if err != nil || !ok || retry.Policy != "constant" || retry.MaxRetries < 0 {
				findings = append(findings, fmt.Sprintf("%s: target %s needs a timeout and a bounded, constant retry", object, app))
				continue
			}
			pause, err := time.ParseDuration(retry.Duration)
			if err != nil {
				return nil, fmt.Errorf("%s: retry %s: %w", object, target.Retry, err)
			}
			if repeatsClientErrors(retry.Matching.HTTPStatusCodes) {
				findings = append(findings, fmt.Sprintf("%s: retry %s repeats a 4xx", object, target.Retry))
			}
			attempts := timeout + time.Duration(retry.MaxRetries)*(timeout+pause)
			for _, w := range workloads {
				deadline, err := readDurations(w, "GREETER_TIMEOUT")
				if app == "greeter" && err == nil && attempts >= deadline[0] {
					findings = append(findings, fmt.Sprintf("%s: target %s takes up to %v, %s waits GREETER_TIMEOUT=%v", object, app, attempts, w, deadline[0]))
				}
			}
		}
	}
	return findings, nil
}

// repeatsClientErrors tells whether Dapr's list of codes and ranges ("429,500-599") has a code below 500. No list means all codes.
func repeatsClientErrors(codes string) bool {
	for part := range strings.SplitSeq(codes, ",") {
		first, _, _ := strings.Cut(part, "-")
		if code, err := strconv.Atoi(first); err != nil || code < 500 {
			return true
		}
	}
	return false
}
