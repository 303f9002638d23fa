package htmlreport

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/load/result"
)

func TestTheBundleIsMadeFromItsSources(t *testing.T) {
	sources := sha256.New()
	for _, name := range []string{"charts/package-lock.json", "charts/entry.js"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(text)
	}
	first, _, _ := strings.Cut(charts, "\n")
	if want := hex.EncodeToString(sources.Sum(nil)); !strings.Contains(first, want) {
		t.Errorf("echarts.min.js was made from other sources: run `make load-charts`\nfirst line %s\nwant in it %s", first, want)
	}
	for _, notice := range []string{"Apache ECharts", "Apache License", "Baidu", "Microsoft"} {
		if !strings.Contains(licences, notice) {
			t.Errorf("LICENSES.txt does not name %s", notice)
		}
	}
}

func TestThePageIsWholeAndNothingEscapesFromIt(t *testing.T) {
	const hostile = `</script><script>alert(1)</script><!-- &amp; ` + "\u2028"
	r := result.NewCollector(true).Finish(result.Run{Target: hostile, Where: hostile}, 0, nil)
	r.Differences = []result.Difference{{Text: hostile, Example: []string{"1"}}}
	var page bytes.Buffer
	if err := Write(&page, &r); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	if n := strings.Count(html, "</script>"); n != 3 {
		t.Errorf("%d scripts end, want 3", n)
	}
	if strings.Contains(html, "<script>alert") {
		t.Error("text became a script")
	}
	match := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindStringSubmatch(html)
	if match == nil {
		t.Fatal("there is no data")
	}
	var read result.Result
	if err := json.Unmarshal([]byte(match[1]), &read); err != nil || read.Run.Target != hostile || read.Differences[0].Text != hostile {
		t.Errorf("the data is %+v, %v", read.Run, err)
	}
	for _, element := range []string{`src="http`, `href="http`, "@import", "url(http"} {
		if head, _, _ := strings.Cut(html, `<script type="application/json"`); strings.Contains(head, element) {
			t.Errorf("the page asks the network: %s", element)
		}
	}
}
