"use strict";
// What the run was and how it ended: verdict, balance, figures, components, services.

const runSeconds = data.run.seconds;

function showHead() {
  const verdict = byId("verdict");
  verdict.textContent = data.run.interrupted ? "interrupted" : data.verdict.ok ? "passed" : "failed";
  verdict.classList.add(data.run.interrupted ? "warn" : data.verdict.ok ? "good" : "bad");
  const when = new Date(data.run.started).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  const pace = data.run.rate ? `${count(data.run.rate)}/s asked for, ${count(Math.round(data.run.achieved_rate))}/s sent` : `${count(Math.round(data.run.achieved_rate))} requests/s`;
  byId("subtitle").textContent = `${data.run.target} · ${data.run.where} · ${when} · ${runSeconds.toFixed(1)} s · ${pace}, at most ${data.run.concurrency} at once`;
}

function figure(value, label, bad) {
  return h("div", { class: bad ? "figure no" : "figure" }, h("b", {}, value), h("span", {}, label));
}

function showBalance() {
  const requests = data.run.requests;
  const parts = [[requests, "requests"], [data.answers.greeter, "answered by greeter"]];
  if (data.traces.judged) parts.push([data.traces.roots, "traces with a root"], [data.traces.complete, "complete traces"]);
  parts.forEach(([value, label], i) => {
    const equal = value === requests;
    if (i > 0) byId("balance").append(h("span", { class: equal ? "sign" : "sign no", "aria-hidden": "true" }, equal ? "=" : "≠"));
    byId("balance").append(figure(count(value), label, !equal));
  });
}

function showFailed() {
  const lines = data.verdict.failed.map((text) => h("li", { class: "red" }, text));
  for (const e of data.episodes) {
    lines.push(h("li", {}, h("b", {}, `${count(e.count)} ${e.what}`), ` from +${e.from_seconds.toFixed(1)} s to +${e.to_seconds.toFixed(1)} s`, e.error ? ` (${e.error})` : ""));
  }
  lines.push(...data.notes.map((text) => h("li", {}, text)));
  if (lines.length === 0) return;
  const card = byId("failed");
  card.hidden = false;
  card.classList.toggle("bad", !data.verdict.ok);
  card.append(h("h2", {}, data.verdict.ok ? "Good to know" : "What is wrong"), h("ul", {}, lines));
}

function showFigures() {
  const q = data.latency;
  const parts = [["p50", q.p50], ["p95", q.p95], ["p99", q.p99], ["max", q.max]].map(([label, value]) => figure(ms(value), `${label} of the whole request`));
  parts.push(figure(measured ? percent(data.sidecar_share) : "–", "of the time is in the sidecars and between them"));
  byId("figures").append(...parts);
}

const measured = data.components.some((c) => c.count > 0);
const quantileColumns = [["p50", "number"], ["p95", "number"], ["p99", "number"], ["max", "number wide"]];
const quantileCells = (q) => [q.p50, q.p95, q.p99].map((v) => h("td", { class: "number" }, v.toFixed(2))).concat(h("td", { class: "number wide" }, q.max.toFixed(2)));

function showComponents() {
  if (!measured) {
    byId("share").textContent = "No complete trace of a greeting, so nothing can be told about its components.";
    byId("time").hidden = true;
    return;
  }
  const rows = data.components.map((c, i) => h("tr", {},
    h("td", {}, h("span", { class: "swatch", style: `background:var(--c${i})` }), c.name, c.sidecar && h("span", { class: "tag" }, "Dapr"), h("div", { class: "define wide" }, c.definition)),
    c.told ? quantileCells(c) : [0, 0, 0].map(() => h("td", { class: "number muted" }, "–")).concat(h("td", { class: "number wide muted" }, "–")),
    h("td", { class: "number" }, c.told ? percent(c.share) : "–")));
  byId("components").append(headRow([["component, ms", ""], ...quantileColumns, ["share", "number"]]), h("tbody", {}, rows));
  byId("share").textContent = `The sidecars and the way between them take ${percent(data.sidecar_share)} of the time of ${count(data.components[0].count)} greetings with a complete trace.`;
}

function showServices() {
  const rows = data.operations.map((o) => h("tr", {},
    h("td", {}, h("span", { class: "swatch", style: `background:${serviceColour(o.service)}` }), h("b", {}, o.service)),
    h("td", {}, o.name, h("span", { class: "tag" }, o.kind)),
    h("td", { class: "number" }, count(o.count)),
    h("td", { class: o.errors ? "number red" : "number" }, count(o.errors)),
    quantileCells(o)));
  const table = byId("services");
  table.append(headRow([["service", ""], ["operation", ""], ["spans", "number"], ["errors", "number"], ...quantileColumns]), h("tbody", {}, rows));
  if (rows.length === 0) table.replaceWith(h("p", { class: "empty" }, "No span was read."));
}

function showDifferences() {
  if (data.differences.length === 0) return;
  byId("differences").hidden = false;
  byId("difference-list").append(...data.differences.map((d) => h("div", {},
    h("p", {}, h("b", {}, count(d.count)), ` traces answered by ${d.answer}, like `, h("a", { href: `#trace=${d.examples[0]}`, class: "mono" }, d.examples[0])),
    difference(d.text))));
}

function showFoot() {
  const c = data.cost;
  byId("cost").textContent = `The load itself took ${c.cpu_seconds.toFixed(1)} s of processor time (${percent(c.cores)} of one core) and ${(c.peak_memory / 1e6).toFixed(0)} MB at most. Trace ids of this run begin with ${data.run.id}.`;
}
