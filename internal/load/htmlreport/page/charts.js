"use strict";
// The charts. Each is made again from its option when the theme changes.

const charts = [];

function chart(id, option) {
  const element = typeof id === "string" ? byId(id) : id;
  const made = { element, option, chart: echarts.init(element, null, { renderer: "svg" }) };
  made.chart.setOption(option());
  new ResizeObserver(() => made.chart.resize()).observe(element);
  charts.push(made);
  return made;
}

function dropChart(made) {
  charts.splice(charts.indexOf(made), 1);
  made.chart.dispose();
}

function redraw() {
  for (const { chart, option } of charts) chart.setOption(option(), { notMerge: true });
}

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// base is what all charts have in common.
function base(extra) {
  const text = { color: colour("--muted"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
  return {
    animation: !still(), animationDuration: 300, aria: { enabled: true }, textStyle: text,
    grid: { left: 8, right: 16, top: 36, bottom: 24, containLabel: true },
    tooltip: {
      confine: true, backgroundColor: colour("--card"), borderColor: colour("--line"), textStyle: { color: colour("--ink"), fontSize: 13 },
      axisPointer: { lineStyle: { color: colour("--muted") } },
    },
    ...extra,
  };
}

const axis = (extra) => ({
  axisLine: { lineStyle: { color: colour("--line") } }, axisTick: { show: false },
  splitLine: { lineStyle: { color: colour("--line") } }, axisLabel: { color: colour("--muted") }, nameTextStyle: { color: colour("--muted"), align: "left" }, ...extra,
});

const legend = () => ({ type: "scroll", top: 0, left: 0, pageIconColor: colour("--muted"), pageTextStyle: { color: colour("--muted") }, icon: "roundRect", itemWidth: 11, itemHeight: 11, itemGap: 14, textStyle: { color: colour("--ink"), fontSize: 12 } });

// tip builds a tooltip out of elements, so that no text is ever taken for HTML.
const tip = (title, rows) => h("div", {}, h("b", {}, title), rows.map(([mark, label, value]) =>
  h("div", { style: "display:flex;gap:16px;justify-content:space-between" }, h("span", {}, mark && h("span", { class: "swatch", style: `background:${mark}` }), label), h("span", {}, value))));

const runAxis = () => axis({ type: "value", min: 0, max: Math.max(runSeconds, 0.001), splitLine: { show: false }, axisLabel: { color: colour("--muted"), formatter: (v) => `${+v.toFixed(2)} s`, hideOverlap: true, showMaxLabel: false } });

const middles = () => {
  const width = data.timeline.length > 1 ? data.timeline[1].s : runSeconds;
  return { width, at: data.timeline.map((p) => Math.min(p.s + width / 2, runSeconds)) };
};

function timeOption() {
  const { at } = middles();
  const shown = data.components.map((c, i) => ({ ...c, i, colour: colour(`--c${i}`) })).filter((c) => c.told);
  return base({
    legend: legend(),
    xAxis: runAxis(),
    yAxis: axis({ type: "value", axisLabel: { color: colour("--muted"), formatter: (v) => `${+v.toFixed(2)} ms` } }),
    tooltip: {
      ...base().tooltip, trigger: "axis",
      formatter: (items) => {
        const point = data.timeline[items[0].dataIndex];
        const rows = shown.map((c) => [c.colour, c.name, ms(point.mean[c.i])]).reverse();
        rows.push([null, "together", ms(point.mean.reduce((a, b) => a + b, 0))]);
        return tip(`+${at[items[0].dataIndex].toFixed(2)} s, ${count(point.n)} requests`, rows);
      },
    },
    series: shown.map((c) => ({
      name: c.name, type: "line", stack: "time", symbol: "none", color: c.colour, lineStyle: { width: 1 }, areaStyle: { opacity: 0.8 },
      emphasis: { focus: "series" },
      // A stretch without a measured greeting has no mean: the area has a gap there.
      data: data.timeline.map((p, i) => [at[i], p.mean.some((v) => v > 0) ? p.mean[c.i] : null]),
    })),
  });
}

// On the axis of the histogram a bar is one unit wide: bar i begins at low * factor^i.
function latencyOption() {
  const bars = data.histogram;
  const low = bars[0].from, factor = Math.pow(bars[bars.length - 1].to / low, 1 / bars.length);
  const place = (value) => Math.min(Math.max(Math.log(value / low) / Math.log(factor), 0), bars.length);
  const line = (name, value, offset) => ({ xAxis: place(value), label: { formatter: name, color: colour("--ink"), distance: offset }, name });
  return base({
    grid: { left: 8, right: 16, top: 30, bottom: 8, containLabel: true },
    xAxis: axis({ type: "value", min: 0, max: bars.length, interval: bars.length / 6, splitLine: { show: false }, axisLabel: { color: colour("--muted"), hideOverlap: true, formatter: (i) => ms(low * Math.pow(factor, i)) } }),
    yAxis: axis({ type: "value", minInterval: 1 }),
    tooltip: { ...base().tooltip, trigger: "item", formatter: (item) => { const bar = bars[item.dataIndex]; return bar ? tip(`${ms(bar.from)} – ${ms(bar.to)}`, [[null, "requests", count(bar.count)]]) : ""; } },
    series: [{
      type: "custom", color: colour("--c4"), encode: { x: [0, 1], y: 2 }, data: bars.map((bar, i) => [i, i + 1, bar.count]),
      renderItem: (params, api) => {
        const from = api.coord([api.value(0), api.value(2)]), to = api.coord([api.value(1), 0]);
        return { type: "rect", shape: { x: from[0] + 0.5, y: from[1], width: Math.max(to[0] - from[0] - 1, 1), height: to[1] - from[1], r: [2, 2, 0, 0] }, style: { fill: api.visual("color") }, emphasis: { style: { opacity: 0.75 } } };
      },
      markLine: { symbol: "none", silent: true, animation: false, lineStyle: { color: colour("--ink"), type: "dashed", width: 1 }, data: [line("p50", data.latency.p50, 4), line("p95", data.latency.p95, 4), line("p99", data.latency.p99, 16)] },
    }],
  });
}

function answersOption() {
  const { at, width } = middles();
  const good = colour("--c1"), bad = colour("--bad"), line = colour("--c5");
  const bar = (name, color, value) => ({ name, type: "bar", stack: "answers", color, barWidth: "92%", barCategoryGap: 0, data: data.timeline.map((p) => value(p) / width) });
  return base({
    legend: legend(),
    xAxis: axis({ type: "category", data: data.timeline.map((p) => `${+p.s.toFixed(runSeconds < 10 ? 1 : 0)} s`), splitLine: { show: false }, axisLabel: { color: colour("--muted"), hideOverlap: true } }),
    yAxis: [axis({ type: "value", axisLabel: { color: colour("--muted"), formatter: (v) => `${count(v)}/s` } }),
      axis({ type: "value", splitLine: { show: false }, axisLabel: { color: colour("--muted"), formatter: (v) => `${+v.toFixed(1)} ms` } })],
    tooltip: {
      ...base().tooltip, trigger: "axis",
      formatter: (items) => {
        const p = data.timeline[items[0].dataIndex];
        return tip(`+${at[items[0].dataIndex].toFixed(2)} s`, [[good, "greeter", count(p.n - p.bad)], [bad, "not from greeter", count(p.bad)], [null, "incomplete traces", count(p.incomplete)], [line, "p99", ms(p.p99)]]);
      },
    },
    series: [bar("greeter", good, (p) => p.n - p.bad), bar("not from greeter", bad, (p) => p.bad),
      { name: "p99", type: "line", yAxisIndex: 1, symbol: "none", color: line, lineStyle: { width: 2 }, data: data.timeline.map((p) => (p.n ? p.p99 : null)) }],
  });
}

// flameOption draws a trace with time to the right and each span below its parent.
function flameOption(trace) {
  const spans = trace.spans;
  const begin = Math.min(...spans.map((s) => s.start)), end = Math.max(...spans.map((s) => s.start + s.ms));
  return base({
    animation: false,
    grid: { left: 4, right: 4, top: 4, bottom: 4, containLabel: true },
    xAxis: axis({ type: "value", min: begin, max: end, axisLabel: { color: colour("--muted"), formatter: (v) => `${+(v - begin).toFixed(2)} ms`, hideOverlap: true } }),
    yAxis: { type: "value", inverse: true, min: 0, max: Math.max(...spans.map((s) => s.depth)) + 1, show: false },
    tooltip: {
      ...base().tooltip, trigger: "item",
      formatter: (item) => { const s = spans[item.dataIndex]; return tip(`${s.service}: ${s.name}`, [[null, s.kind, ms(s.ms)], [null, "begins", `+${ms(s.start)}`], ...(s.error ? [[null, "error", s.error]] : [])]); },
    },
    series: [{
      type: "custom", clip: true, encode: { x: [0, 1], y: 2 }, data: spans.map((s) => [s.start, s.start + s.ms, s.depth]),
      renderItem: (params, api) => {
        const span = spans[params.dataIndex];
        const from = api.coord([api.value(0), api.value(2)]), to = api.coord([api.value(1), api.value(2) + 1]);
        const width = Math.max(to[0] - from[0] - 1, 1.5), height = to[1] - from[1] - 2;
        return {
          type: "rect", shape: { x: from[0], y: from[1], width, height, r: 3 },
          style: { fill: serviceColour(span.service), stroke: span.error ? colour("--bad") : "none", lineWidth: span.error ? 2 : 0 },
          textContent: { type: "text", style: { text: `${span.service}  ${span.name}  ${ms(span.ms)}`, fill: colour("--on-span"), fontSize: 12, overflow: "truncate", ellipsis: "…", width: Math.max(width - 12, 0) } },
          textConfig: { position: "insideLeft", distance: 6 },
          emphasis: { style: { opacity: 0.85 } },
        };
      },
    }],
  });
}
