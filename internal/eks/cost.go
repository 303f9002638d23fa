package eks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/drydock-dev/drydock/internal/manifests"
)

// PricesFile holds list prices; relative to the root.
const PricesFile = "eks/prices.yaml"

// hoursPerMonth is what AWS divides monthly prices by.
const hoursPerMonth = 730

// Prices are AWS's list prices in US dollars.
type Prices struct {
	Region string `json:"region"`
	// AsOf is when they were looked up.
	AsOf string `json:"asOf"`
	// Per hour.
	ControlPlane  float64            `json:"controlPlane"`
	Instances     map[string]float64 `json:"instances"`
	NATGateway    float64            `json:"natGateway"`
	PublicAddress float64            `json:"publicAddress"`
	LoadBalancer  float64            `json:"loadBalancer"`
	// ExtendedSupport comes on top of the control plane's, from a day on for each minor version of Kubernetes (2006-01-02).
	ExtendedSupport struct {
		Price float64           `json:"price"`
		From  map[string]string `json:"from"`
	} `json:"extendedSupport"`
	// GibMonth is a GiB of gp3 for a month.
	GibMonth float64 `json:"gibMonth"`
}

// ReadPrices reads eks/prices.yaml below root.
func ReadPrices(root string) (Prices, error) {
	path := filepath.Join(root, filepath.FromSlash(PricesFile))
	content, err := os.ReadFile(path)
	if err != nil {
		return Prices{}, err
	}
	var prices Prices
	if err := yaml.UnmarshalStrict(content, &prices); err != nil {
		return Prices{}, fmt.Errorf("%s: %w", path, err)
	}
	return prices, nil
}

// Cost is a line of what a cluster costs, in US dollars for an hour.
type Cost struct {
	What    string
	Count   int
	PerHour float64
}

// Costs are the lines for a cluster, with claimed GiB of volumes beside the nodes' disks.
func (p Prices) Costs(c Cluster, claimed int) ([]Cost, error) {
	if p.Region != c.Region {
		return nil, fmt.Errorf("%s has the prices of %s, %s is in %s", PricesFile, p.Region, ClusterFile, c.Region)
	}
	instance, ok := p.Instances[c.InstanceType]
	if !ok {
		return nil, fmt.Errorf("%s has no price of %s", PricesFile, c.InstanceType)
	}
	gib := p.GibMonth / hoursPerMonth
	return []Cost{
		{"control plane", 1, p.ControlPlane},
		{c.InstanceType, c.Nodes, float64(c.Nodes) * instance},
		{"GiB of gp3, disks of the nodes", c.Nodes * c.DiskSize, float64(c.Nodes*c.DiskSize) * gib},
		{"GiB of gp3, volumes of Dapr's scheduler", claimed, float64(claimed) * gib},
		{"NAT gateway, with its address", c.NATGateways, float64(c.NATGateways) * (p.NATGateway + p.PublicAddress)},
		{"load balancer, when there is a host name", 1, p.LoadBalancer},
	}, nil
}

// SupportNote says from when on the project's cluster costs more; empty when no such day is known.
func (p *Project) SupportNote() (string, error) {
	prices, err := ReadPrices(p.Root)
	return prices.supportNote(p.Cluster), err
}

// supportNote says from when on the cluster's Kubernetes costs more; empty when no such day is known. A cluster of a version in extended support stays on
// it, and pays, until somebody upgrades it.
func (p Prices) supportNote(c Cluster) string {
	from, known := p.ExtendedSupport.From[c.Version]
	if !known {
		return ""
	}
	return fmt.Sprintf("From %s on Kubernetes %s is in extended support, at US$ %.2f an hour more, until the cluster is upgraded.\n\n", from, c.Version, p.ExtendedSupport.Price)
}

// Document has the costs as a table, in the block of that name.
const (
	Document   = "docs/eks.md"
	CostsBlock = "costs"
)

// CostTable is the table in the document.
func (p *Project) CostTable() (string, error) {
	prices, err := ReadPrices(p.Root)
	if err != nil {
		return "", err
	}
	costs, err := p.Costs()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| what | how many | US$ an hour |\n| --- | ---: | ---: |\n")
	total := 0.0
	for _, cost := range costs {
		total += cost.PerHour
		fmt.Fprintf(&b, "| %s | %d | %.4f |\n", cost.What, cost.Count, cost.PerHour)
	}
	fmt.Fprintf(&b, "| **together** | | **%.2f** |\n\n", total)
	b.WriteString(prices.supportNote(p.Cluster))
	fmt.Fprintf(&b, "List prices of %s as of %s, entered by hand in `%s`. Traffic, logs, images (a few cents) and Datadog come on top.\n", prices.Region, prices.AsOf, PricesFile)
	return b.String(), nil
}

// PrintCosts is the same for a terminal.
func PrintCosts(costs []Cost) string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	total := 0.0
	for _, cost := range costs {
		total += cost.PerHour
		fmt.Fprintf(table, "%d\t%s\t$%.4f an hour\t\n", cost.Count, cost.What, cost.PerHour)
	}
	fmt.Fprintf(table, "\ttogether\t$%.2f an hour, $%.0f a day\t\n", total, total*24)
	_ = table.Flush()
	return b.String()
}

// Costs are what the cluster costs by the prices in eks/prices.yaml.
func (p *Project) Costs() ([]Cost, error) {
	prices, err := ReadPrices(p.Root)
	if err != nil {
		return nil, err
	}
	claimed, err := p.claimedGiB()
	if err != nil {
		return nil, err
	}
	return prices.Costs(p.Cluster, claimed)
}

// claimedGiB is what the StatefulSets of the platform claim.
func (p *Project) claimedGiB() (int, error) {
	rendered, err := manifests.Build(p.Root, platformDir, nil)
	if err != nil {
		return 0, err
	}
	total := 0
	for document := range strings.SplitSeq(string(rendered), "\n---\n") {
		var set appsv1.StatefulSet
		if err := yaml.Unmarshal([]byte(document), &set); err != nil {
			return 0, err
		}
		if set.Kind != "StatefulSet" || set.Spec.Replicas == nil {
			continue
		}
		for _, claim := range set.Spec.VolumeClaimTemplates {
			size := claim.Spec.Resources.Requests.Storage().Value() >> 30
			total += int(size) * int(*set.Spec.Replicas)
		}
	}
	return total, nil
}
