package eks

import (
	"math"
	"strings"
	"testing"
)

func TestCosts(t *testing.T) {
	prices := Prices{Region: "here", ControlPlane: 0.1, Instances: map[string]float64{"m": 0.05}, NATGateway: 0.04, PublicAddress: 0.005, LoadBalancer: 0.02, GibMonth: 0.073}
	cluster := Cluster{Region: "here", InstanceType: "m", Nodes: 2, DiskSize: 50, NATGateways: 1}
	costs, err := prices.Costs(cluster, 10)
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, cost := range costs {
		total += cost.PerHour
	}
	// 0.1 + 2 * 0.05 + 110 GiB * 0.0001 + 0.045 + 0.02
	if math.Abs(total-0.276) > 1e-9 {
		t.Errorf("total %v, want 0.276", total)
	}
	for _, test := range []struct {
		name    string
		cluster Cluster
		want    string
	}{
		{"elsewhere", Cluster{Region: "there", InstanceType: "m"}, "prices of here"},
		{"unknown machine", Cluster{Region: "here", InstanceType: "x"}, "no price of x"},
	} {
		if _, err := prices.Costs(test.cluster, 0); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func TestCostsOfThisCluster(t *testing.T) {
	costs, err := testProject(t).Costs()
	if err != nil {
		t.Fatal(err)
	}
	printed := PrintCosts(costs)
	for _, want := range []string{"m6g.large", "12  ", "together", "an hour"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
}

func TestSupportNote(t *testing.T) {
	var prices Prices
	prices.ExtendedSupport.Price = 0.5
	prices.ExtendedSupport.From = map[string]string{"1.34": "2026-12-02"}
	if note := prices.supportNote(Cluster{Version: "1.34"}); !strings.Contains(note, "From 2026-12-02") || !strings.Contains(note, "US$ 0.50") {
		t.Errorf("note %q", note)
	}
	if note := prices.supportNote(Cluster{Version: "1.99"}); note != "" {
		t.Errorf("of a version without a day: %q", note)
	}
}
