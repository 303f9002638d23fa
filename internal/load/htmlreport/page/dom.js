"use strict";
// The few helpers that the other scripts share. Text reaches the page as text only, never as HTML.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// h makes an element: h("td", { class: "number" }, "1.2 ms").
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") element.style.cssText = value;
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const count = (n) => n.toLocaleString("en-US");
const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;

// ms is a time with as many digits as mean something.
function ms(value) {
  if (value >= 10000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  return `${value.toFixed(value >= 10 ? 1 : 2)} ms`;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const serviceColour = (service) => colour(["load", "comms", "greeter"].includes(service) ? `--${service}` : "--other");

// headRow makes a table's head; a column is [title, class].
const headRow = (columns) => h("thead", {}, h("tr", {}, columns.map(([title, name]) => h("th", { class: name, scope: "col" }, title))));

// difference shows a difference of span trees, its lines coloured by their sign.
function difference(text) {
  const kind = { "-": "minus", "+": "plus" };
  return h("pre", {}, text.split("\n").map((line) => h("span", { class: kind[line[0]] }, `${line}\n`)));
}
