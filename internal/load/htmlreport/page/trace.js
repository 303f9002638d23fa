"use strict";
// One trace: flame graph, waterfall, spans with their attributes.

let flame = null;

function showTrace(trace) {
  if (flame) dropChart(flame);
  flame = null;
  const spans = trace.spans || [];
  const title = h("h2", {}, `Request ${count(trace.n + 1)}`,
    h("span", { class: isGood(trace) ? "chip good" : "chip bad" }, trace.answer + (trace.status ? ` · ${trace.status}` : "")),
    h("span", { class: { complete: "chip good", unjudged: "chip" }[trace.state] || "chip bad" }, trace.state));
  const id = h("p", { class: "muted" }, `${ms(trace.ms)}, ${spans.length} spans, trace `, h("span", { class: "mono id" }, trace.id), " ",
    data.run.trace_ui && h("a", { href: data.run.trace_ui + trace.id, rel: "noreferrer", target: "_blank" }, "open in Jaeger"));
  const article = byId("trace");
  article.replaceChildren(title, id);
  if (trace.error) article.append(h("p", { class: "red" }, trace.error));
  if (trace.difference) article.append(h("h3", {}, "Not as expected"), difference(trace.difference));
  if (trace.skew) article.append(h("p", { class: "chip warn" }, `clocks differ by ${ms(trace.skew)} or more`));
  if (spans.length === 0) {
    article.append(h("p", { class: "empty" }, "No span of this trace was found."));
    return;
  }
  const depth = Math.max(...spans.map((s) => s.depth)) + 1;
  const canvas = h("div", { class: "chart flame", style: `height:${depth * 28 + 34}px`, role: "img", "aria-label": "Flame graph of the trace" });
  article.append(h("h3", {}, "Flame graph"), canvas, h("h3", {}, "Waterfall"), waterfall(spans), h("h3", {}, "Spans"), ...spans.map(spanDetails));
  flame = chart(canvas, () => flameOption(trace));
}

function waterfall(spans) {
  const begin = Math.min(...spans.map((s) => s.start)), length = Math.max(...spans.map((s) => s.start + s.ms)) - begin || 1;
  const share = (value) => `${((100 * value) / length).toFixed(2)}%`;
  return h("div", { class: "waterfall" }, spans.map((s) => h("div", { class: s.error ? "row error" : "row" },
    h("span", { class: "name", style: `padding-left:${s.depth * 14}px`, title: `${s.service} ${s.kind} ${s.name}` }, h("b", {}, s.service), ` ${s.name}`),
    h("span", { class: "lane" }, h("span", { class: "bar", style: `left:${share(s.start - begin)};width:${share(s.ms)};background:${serviceColour(s.service)}` })),
    h("span", { class: "number" }, ms(s.ms)))));
}

// spanDetails lists a span's attributes, Dapr's own first: they are what an operator asks for.
function spanDetails(span) {
  const attributes = Object.entries(span.attributes || {}).filter(([key]) => !key.startsWith("@jaeger"));
  const rank = ([key]) => (key.startsWith("dapr.") ? 0 : 1);
  attributes.sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  const row = ([key, value]) => h("tr", { class: key.startsWith("dapr.") && "dapr" }, h("td", {}, key), h("td", { class: "mono" }, value));
  return h("details", { class: "span" },
    h("summary", {}, h("span", { class: "swatch", style: `background:${serviceColour(span.service)}` }), h("b", {}, span.service), span.name, h("span", { class: "tag" }, span.kind),
      span.error && h("span", { class: "chip bad" }, "error"), h("span", { class: "number" }, ms(span.ms))),
    h("table", {}, h("tbody", {}, [["span id", span.id], ["begins", `+${ms(span.start)}`], ...(span.error ? [["error", span.error]] : []), ...attributes].map(row))));
}
