// Package htmlreport writes a result as one HTML file that needs nothing else: no network,
// no server, no file beside it.
package htmlreport

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/drydock-dev/drydock/internal/load/result"
)

//go:embed page
var page embed.FS

// Apache ECharts, the part of it that the page draws with; see charts/build.mjs.
//
//go:embed charts/echarts.min.js
var charts string

//go:embed charts/LICENSES.txt
var licences string

// scripts of the page, in the order in which they need one another.
var scripts = []string{"dom.js", "overview.js", "charts.js", "traces.js", "trace.js", "main.js"}

var layout = template.Must(template.ParseFS(page, "page/page.html"))

// Write writes the page.
func Write(w io.Writer, r *result.Result) error {
	// The encoder writes < > & as escapes, so nothing in the data can end the script element.
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	style, err := page.ReadFile("page/style.css")
	if err != nil {
		return err
	}
	var script strings.Builder
	for _, name := range scripts {
		text, err := page.ReadFile("page/" + name)
		if err != nil {
			return err
		}
		script.Write(text)
	}
	err = layout.Execute(w, map[string]any{
		"Title":    r.Run.Target,
		"Style":    template.CSS(style),
		"Data":     template.JS(data),
		"Charts":   template.JS(charts),
		"Script":   template.JS(script.String()),
		"Licences": licences,
	})
	if err != nil {
		return fmt.Errorf("html report: %w", err)
	}
	return nil
}
