package eks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// ClusterFile describes the cluster to eksctl; relative to the root.
const ClusterFile = "eks/cluster.yaml"

// OwnerTag is the key of the tag, with the cluster's name as its value, that everything made for the cluster has.
const OwnerTag = "drydock-cluster"

// Cluster is what this package reads of eks/cluster.yaml.
type Cluster struct {
	Name, Region, Version string
	// Tags of everything that eksctl makes.
	Tags map[string]string
	// Nodes, and GiB of the disk of each.
	Nodes, DiskSize int
	InstanceType    string
	// NATGateways is how many the file asks for.
	NATGateways int
}

// defaultZones is how many availability zones eksctl spreads a cluster over that names none.
const defaultZones = 3

// ReadCluster reads eks/cluster.yaml below root. That the file fits eksctl's schema is for a test to say.
func ReadCluster(root string) (Cluster, error) {
	path := filepath.Join(root, filepath.FromSlash(ClusterFile))
	content, err := os.ReadFile(path)
	if err != nil {
		return Cluster{}, err
	}
	cluster, err := parseCluster(content)
	if err != nil {
		return Cluster{}, fmt.Errorf("%s: %w", path, err)
	}
	return cluster, nil
}

func parseCluster(content []byte) (Cluster, error) {
	var file struct {
		Metadata struct {
			Name    string            `yaml:"name"`
			Region  string            `yaml:"region"`
			Version string            `yaml:"version"`
			Tags    map[string]string `yaml:"tags"`
		} `yaml:"metadata"`
		AvailabilityZones []string `yaml:"availabilityZones"`
		VPC               struct {
			NAT struct {
				Gateway string `yaml:"gateway"`
			} `yaml:"nat"`
		} `yaml:"vpc"`
		ManagedNodeGroups []struct {
			InstanceType    string `yaml:"instanceType"`
			DesiredCapacity int    `yaml:"desiredCapacity"`
			VolumeSize      int    `yaml:"volumeSize"`
		} `yaml:"managedNodeGroups"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return Cluster{}, err
	}
	if file.Metadata.Name == "" || file.Metadata.Region == "" {
		return Cluster{}, errors.New("metadata needs a name and a region")
	}
	if len(file.ManagedNodeGroups) != 1 {
		return Cluster{}, fmt.Errorf("%d managed node groups, want one", len(file.ManagedNodeGroups))
	}
	if file.Metadata.Tags[OwnerTag] != file.Metadata.Name {
		return Cluster{}, fmt.Errorf("metadata.tags needs %s: %s, by which 'down' finds what is left", OwnerTag, file.Metadata.Name)
	}
	zones := len(file.AvailabilityZones)
	if zones == 0 {
		zones = defaultZones
	}
	gateways := map[string]int{"Disable": 0, "": 1, "Single": 1, "HighlyAvailable": zones}
	group := file.ManagedNodeGroups[0]
	return Cluster{
		Name: file.Metadata.Name, Region: file.Metadata.Region, Version: file.Metadata.Version, Tags: file.Metadata.Tags,
		Nodes: group.DesiredCapacity, DiskSize: group.VolumeSize, InstanceType: group.InstanceType,
		NATGateways: gateways[file.VPC.NAT.Gateway],
	}, nil
}
