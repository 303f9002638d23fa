package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// daprResolverCache is how long a sidecar remembers the pods of an app, whatever became of them, when a Resiliency
// targets the app (resolverCacheTTL and invokeWithRetry in pkg/messaging/direct_messaging.go of Dapr 1.18).
const daprResolverCache = 20 * time.Second

// shutdown finds services whose last moments do not fit: the sidecar must outlive its service, a service that others
// call through Dapr must answer until they have all forgotten it, and everything must be over within the grace period.
func shutdown(set Set) ([]string, error) {
	called, err := targets(set)
	if err != nil {
		return nil, err
	}
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
		block, err := time.ParseDuration(w.Annotation("dapr.io/block-shutdown-duration"))
		if err != nil {
			return []string{"dapr.io/block-shutdown-duration: " + err.Error()}, nil
		}

		var findings []string
		if w.Annotation("dapr.io/enable-native-sidecar") != "true" {
			findings = append(findings, "its sidecar is not native, and would leave before requests in flight are done with it")
		}
		if block > 0 {
			findings = append(findings, fmt.Sprintf("its sidecar is told after it has ended, and would wait %v for nobody", block))
		}
		if app := w.Annotation("dapr.io/app-id"); called[app] && delay <= daprResolverCache {
			findings = append(findings, fmt.Sprintf("callers' sidecars remember it for %v, it answers for SHUTDOWN_DELAY=%v only", daprResolverCache, delay))
		}
		period := 30 * time.Second // Kubernetes' default
		if w.Pod.Spec.TerminationGracePeriodSeconds != nil {
			period = time.Duration(*w.Pod.Spec.TerminationGracePeriodSeconds) * time.Second
		}
		if total := delay + grace + block + time.Duration(seconds)*time.Second; total >= period {
			findings = append(findings, fmt.Sprintf("leaving takes up to %v, its grace period is %v", total, period))
		}
		return findings, nil
	})
}

// targets are the apps that a Resiliency of the set targets.
func targets(set Set) (map[string]bool, error) {
	apps := map[string]bool{}
	for _, object := range set.Kind("Resiliency") {
		var r resiliency
		if err := json.Unmarshal(object.JSON, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", object, err)
		}
		for app := range r.Spec.Targets.Apps {
			apps[app] = true
		}
	}
	return apps, nil
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

// retries finds resiliency policies that leave no time to try again before the caller gives up, have no bound, or
// repeat what the caller did wrong.
func retries(set Set) ([]string, error) {
	var findings []string
	for _, object := range set.Kind("Resiliency") {
		var r resiliency
		if err := json.Unmarshal(object.JSON, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", object, err)
		}
		for _, app := range slices.Sorted(maps.Keys(r.Spec.Targets.Apps)) {
			target := r.Spec.Targets.Apps[app]
			retry, ok := r.Spec.Policies.Retries[target.Retry]
			timeout, err := time.ParseDuration(r.Spec.Policies.Timeouts[target.Timeout])
			if err != nil || !ok || retry.Policy != "constant" || retry.MaxRetries < 0 {
				findings = append(findings, fmt.Sprintf("%s: target %s needs a timeout and a bounded, constant retry", object, app))
				continue
			}
			if repeatsClientErrors(retry.Matching.HTTPStatusCodes) {
				findings = append(findings, fmt.Sprintf("%s: retry %s repeats a 4xx", object, target.Retry))
			}
			pause, err := time.ParseDuration(retry.Duration)
			if err != nil {
				return nil, fmt.Errorf("%s: retry %s: %w", object, target.Retry, err)
			}
			late, err := tooLate(set, app, timeout+time.Duration(retry.MaxRetries)*pause)
			if err != nil {
				return nil, err
			}
			for _, caller := range late {
				findings = append(findings, fmt.Sprintf("%s: %s gives up before an attempt and all pauses for %s are over", object, caller, app))
			}
		}
	}
	return findings, nil
}

// tooLate are the workloads that wait for app no longer than needed; the variable that says how long bears the app's name.
func tooLate(set Set, app string, needed time.Duration) ([]string, error) {
	workloads, err := set.Workloads()
	if err != nil {
		return nil, err
	}
	var late []string
	for _, w := range workloads {
		deadline, err := readDurations(w, strings.ToUpper(app)+"_TIMEOUT")
		if err == nil && deadline[0] <= needed {
			late = append(late, w.String())
		}
	}
	return late, nil
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
