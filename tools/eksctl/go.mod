// Only for eksctl's schema of ClusterConfig, which test/eks checks eks/cluster.yaml against; the program itself is installed by whoever uses it.
module github.com/drydock-dev/drydock/tools/eksctl

go 1.26.0

require github.com/weaveworks/eksctl v0.219.0
