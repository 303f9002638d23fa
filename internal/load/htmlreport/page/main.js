"use strict";

showHead();
showBalance();
showFailed();
showFigures();
showComponents();
showServices();
showDifferences();
showFoot();
if (measured) chart("time", timeOption);
if (data.histogram?.length) chart("latency", latencyOption);
if (data.timeline?.length) chart("answers", answersOption);
showTraces();

const dark = matchMedia("(prefers-color-scheme: dark)");
const redrawAll = () => {
  redraw();
  if (view.chosen) showTrace(view.chosen);
};
dark.addEventListener("change", redrawAll);
byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  redrawAll();
});
document.documentElement.dataset.ready = "true"; // for whoever waits until the page is drawn
performance.mark("drawn");
