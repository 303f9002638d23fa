package policy

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workload is an object that makes pods.
type Workload struct {
	Object
	Selector *metav1.LabelSelector
	Pod      corev1.PodTemplateSpec
}

// Workloads are the set's objects that make pods and stay.
func (s Set) Workloads() ([]Workload, error) {
	var workloads []Workload
	for _, object := range s {
		var workload Workload
		var err error
		switch object.Kind {
		case "Deployment":
			var d appsv1.Deployment
			d, err = As[appsv1.Deployment](object)
			workload = Workload{object, d.Spec.Selector, d.Spec.Template}
		case "DaemonSet":
			var d appsv1.DaemonSet
			d, err = As[appsv1.DaemonSet](object)
			workload = Workload{object, d.Spec.Selector, d.Spec.Template}
		case "StatefulSet":
			var d appsv1.StatefulSet
			d, err = As[appsv1.StatefulSet](object)
			workload = Workload{object, d.Spec.Selector, d.Spec.Template}
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		workloads = append(workloads, workload)
	}
	return workloads, nil
}

// Containers are all containers of the pod, those that run first included.
func (w Workload) Containers() []corev1.Container {
	return slices.Concat(w.Pod.Spec.InitContainers, w.Pod.Spec.Containers)
}

// Annotation is an annotation of the workload's pods.
func (w Workload) Annotation(key string) string { return w.Pod.Annotations[key] }
