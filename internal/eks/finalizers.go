package eks

// Objects that a controller looks after have a finalizer, which it alone takes off: where it is missing, deletion waits
// for ever.

// available lists how many pods of a controller answer: nothing when there is none, installed or not.
func available(controller, namespace string) command {
	return kubectl("get deployments --namespace "+namespace+" --field-selector metadata.name="+controller+" --output",
		"jsonpath={.items[*].status.availableReplicas}")
}

// ofCustomKind does something when the cluster knows a kind, such as datadogagents.datadoghq.com.
func ofCustomKind(kind string, do ...action) action {
	return ifNone{list: kubectl("get crd " + kind + " --ignore-not-found --output name"), otherwise: do}
}

// deleteUnattended deletes all objects of a kind whose controller is gone. They are deleted before their finalizers are taken
// off, because a controller that still breathes could put them on again otherwise.
func deleteUnattended(kind string) []action {
	return []action{
		kubectl("delete " + kind + " --all --all-namespaces --wait=false"),
		forEach{"NAMESPACE", kubectl("get namespaces --output", "jsonpath={.items[*].metadata.name}"), []action{
			forEach{"OBJECT", kubectl("get " + kind + " --namespace ${NAMESPACE} --output name"), []action{
				kubectl("patch ${OBJECT} --namespace ${NAMESPACE} --type=merge --patch", `{"metadata":{"finalizers":null}}`),
			}},
		}},
	}
}
