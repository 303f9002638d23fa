// Only for the CRD of DatadogAgent. The version is that of the Operator which the Helm chart in internal/eks installs.
module github.com/drydock-dev/drydock/tools/datadog-operator

go 1.26.0

require github.com/DataDog/datadog-operator v1.29.0
