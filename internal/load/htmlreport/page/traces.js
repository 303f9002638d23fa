"use strict";
// The list of traces: sorted by any column, filtered, one of them chosen.

const traces = data.sample.traces;
const isGood = (t) => t.answer === "greeter";
const filters = [
  { name: "All", keep: () => true },
  { name: "Errors", keep: (t) => !isGood(t) },
  { name: "Incomplete", keep: (t) => t.state === "incomplete" || t.state === "missing" },
];
const columns = [
  { title: "#", key: (t) => t.n, class: "number", cell: (t) => count(t.n + 1) },
  { title: "start", key: (t) => t.start, class: "number wide", cell: (t) => `+${(t.start / 1000).toFixed(2)} s` },
  { title: "duration", key: (t) => t.ms, class: "", cell: (t) => [ms(t.ms), h("span", { class: "meter", style: `width:${Math.max((60 * t.ms) / slowest, 2).toFixed(0)}px` })] },
  { title: "answer", key: (t) => t.answer, class: "", cell: (t) => h("span", { class: isGood(t) ? "chip good" : "chip bad" }, t.answer) },
  { title: "trace", key: (t) => t.state, class: "", cell: (t) => h("span", { class: { complete: "chip good", unjudged: "chip" }[t.state] || "chip bad" }, t.state) },
];
const slowest = Math.max(...traces.map((t) => t.ms), 0.001);
const view = { filter: filters[0], search: "", column: columns[0], up: true, chosen: null };

function visible() {
  const wanted = view.search.toLowerCase();
  const direction = view.up ? 1 : -1;
  return traces
    .filter((t) => view.filter.keep(t) && (!wanted || `${t.id} ${t.answer} ${t.state} ${t.error || ""}`.toLowerCase().includes(wanted)))
    .sort((a, b) => {
      const x = view.column.key(a), y = view.column.key(b);
      return (x < y ? -direction : x > y ? direction : a.n - b.n);
    });
}

function showList() {
  const head = h("thead", {}, h("tr", {}, columns.map((c) => h("th", {
    class: c.class, scope: "col", "aria-sort": c === view.column && (view.up ? "ascending" : "descending"),
  }, h("button", { type: "button", onclick: () => sortBy(c) }, c.title)))));
  const rows = visible().map((t) => h("tr", {
    tabindex: "0", "data-id": t.id, "aria-selected": String(t === view.chosen),
    onclick: () => choose(t), onkeydown: (event) => rowKey(event, t),
  }, columns.map((c) => h("td", { class: c.class }, c.cell(t)))));
  byId("traces").replaceChildren(head, h("tbody", {}, rows));
  byId("list").querySelector(".empty")?.remove();
  if (rows.length === 0) byId("list").append(h("p", { class: "empty" }, traces.length ? "No trace matches." : "No trace was judged."));
}

function sortBy(column) {
  // Times and durations are looked at from the long end first.
  view.up = view.column === column ? !view.up : column.title !== "duration";
  view.column = column;
  showList();
  byId("traces").querySelector("th[aria-sort] button").focus();
}

function rowKey(event, trace) {
  const row = event.currentTarget;
  const to = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
  if (event.key === "Enter" || event.key === " ") choose(trace);
  else if (to) to.focus();
  else return;
  event.preventDefault();
}

function choose(trace) {
  view.chosen = trace;
  for (const row of byId("traces").tBodies[0].rows) row.setAttribute("aria-selected", String(row.dataset.id === trace.id));
  history.replaceState(null, "", `#trace=${trace.id}`);
  showTrace(trace);
}

// scrollToChosen moves the list alone, not the page.
function scrollToChosen() {
  const row = byId("traces").querySelector('[aria-selected="true"]');
  if (row) byId("list").scrollTop = row.offsetTop - byId("list").clientHeight / 2;
}

// fromAddress chooses the trace that the address names, so that one can be linked to.
function fromAddress() {
  const id = new URLSearchParams(location.hash.slice(1)).get("trace");
  const named = traces.find((t) => t.id === id);
  if (named) {
    choose(named);
    scrollToChosen();
    return true;
  }
  return false;
}

function showTraces() {
  byId("sampled").textContent = data.sample.how || `All ${count(traces.length)} traces of the run`;
  byId("filters").append(...filters.map((filter) => h("button", {
    type: "button", "aria-pressed": String(filter === view.filter),
    onclick: (event) => {
      view.filter = filter;
      for (const button of byId("filters").children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
      showList();
    },
  }, `${filter.name} ${count(traces.filter(filter.keep).length)}`)));
  byId("search").addEventListener("input", (event) => {
    view.search = event.target.value.trim();
    showList();
  });
  showList();
  addEventListener("hashchange", () => { if (fromAddress()) byId("h-traces").scrollIntoView(); });
  if (fromAddress() || traces.length === 0) return;
  // What is wrong is what a reader wants to see first, else what is slow.
  const bad = traces.find((t) => t.state === "incomplete" || t.state === "missing") || traces.find((t) => !isGood(t));
  const first = bad || traces.reduce((a, b) => (b.ms > a.ms ? b : a));
  view.chosen = first;
  showList();
  scrollToChosen();
  showTrace(first);
}
