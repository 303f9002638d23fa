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
