// Makes echarts.min.js and LICENSES.txt, which are committed so that building the load needs
// no Node.js. The bundle's first line names what it was made from; a test compares that with
// package-lock.json and entry.js.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const sources = createHash("sha256");
for (const file of ["package-lock.json", "entry.js"]) sources.update(readFileSync(file));

await build({
  entryPoints: ["entry.js"],
  outfile: "echarts.min.js",
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "echarts",
  target: "es2020",
  legalComments: "none", // all of LICENSES.txt is in every report
  banner: { js: `/* Apache ECharts, a part of it; licences at the foot of the page; sources ${sources.digest("hex")} */` },
});

const licences = ["echarts/NOTICE", "echarts/LICENSE", "zrender/LICENSE", "echarts/licenses/LICENSE-d3", "tslib/LICENSE.txt"];
writeFileSync("LICENSES.txt", licences.map((file) => `${file}\n\n${readFileSync(`node_modules/${file}`, "utf8").trim()}\n`).join("\n\n"));
