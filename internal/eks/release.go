package eks

// install brings a Helm release to what its chart says, given as arguments. Helm refuses for ever what it was cut short
// at: a release that was never there as a whole is removed then, any other taken back to what it was.
func install(release, namespace, text string, more ...string) []action {
	return []action{
		ifNone{
			list: helm("list --namespace "+namespace+" --pending --uninstalling --short --filter", "^"+release+"$"),
			otherwise: []action{ifNone{
				// Helm's own list has the last revision alone.
				list:      kubectl("get secrets --namespace " + namespace + " --selector owner=helm,status=deployed,name=" + release + " --output name"),
				then:      []action{uninstall(release, namespace)},
				otherwise: []action{helm("rollback " + release + " --namespace " + namespace + " --wait --timeout 5m")},
			}},
		},
		helm("upgrade --install "+release+" "+text+" --namespace "+namespace+" --wait --timeout 5m", more...),
	}
}

func uninstall(release, namespace string) command {
	return helm("uninstall " + release + " --namespace " + namespace + " --ignore-not-found --wait --timeout 5m")
}

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

// releaseAll deletes all objects of a kind whose controller is gone. They are deleted before their finalizers are taken
// off, because a controller that still breathes could put them on again otherwise.
func releaseAll(kind string) []action {
	return []action{
		kubectl("delete " + kind + " --all --all-namespaces --wait=false"),
		forEach{"NAMESPACE", kubectl("get namespaces --output", "jsonpath={.items[*].metadata.name}"), []action{
			forEach{"OBJECT", kubectl("get " + kind + " --namespace ${NAMESPACE} --output name"), []action{
				kubectl("patch ${OBJECT} --namespace ${NAMESPACE} --type=merge --patch", `{"metadata":{"finalizers":null}}`),
			}},
		}},
	}
}
