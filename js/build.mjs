// Bundles every widget under src/widgets/ into one self-contained ES module and one stylesheet, and checks their sizes.
//
//   node build.mjs            minified, into the Python package; fails where a bundle is over its budget (budgets.json)
//   node build.mjs --watch    not minified, again after every change
//   node build.mjs --demo     the bare demo page, into demo/dist
//
// anywidget imports a bundle from a blob: URL, where relative imports cannot resolve: hence no code splitting.
// Every instance of a widget carries its bundle to the page and into saved widget state: hence the budgets.
// Each widget brings its own copy of the shared styles: one shown later must not restyle another. Hence the nesting.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, context } from "esbuild";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const staticFolder = path("../src/ipyimagegen/static/");
const watching = process.argv.includes("--watch");

const common = {
  absWorkingDir: path("."),
  bundle: true,
  splitting: false,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

const widgets = readdirSync(path("src/widgets"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const bundles = {
  ...common,
  entryPoints: Object.fromEntries(widgets.map((name) => [name, path(`src/widgets/${name}/index.tsx`)])),
  outdir: staticFolder,
  format: "esm",
  write: false,
};

/** The styles of a widget, nested below its own root: they reach no other widget on the page. */
const nested = {
  name: "nested",
  setup(built) {
    built.onEnd(({ outputFiles = [] }) => {
      for (const file of outputFiles.filter(({ path: name }) => name.endsWith(".css"))) {
        const root = `.ig-${basename(file.path, ".css").replaceAll("_", "-")}-root`;
        const moves = file.text.match(/@keyframes [^{}]+\{(?:[^{}]*\{[^{}]*\})*\s*\}/g) ?? []; // cannot be nested
        const rules = moves.reduce((text, one) => text.replace(one, ""), file.text);
        const inside = rules.replaceAll(/\.ig-root(?![\w-])/g, "&.ig-root").trim();
        file.contents = Buffer.from(`${moves.join("")}${root}{${inside}}\n`);
      }
      if (watching) for (const { path: file, contents } of outputFiles) writeFileSync(file, contents);
    });
  },
};

/** Minified and gzip sizes of one output file, with its budget and what is wrong, if anything. */
function measure({ path: file, contents }) {
  const name = basename(file, extname(file));
  const kind = extname(file).slice(1);
  const budget = budgets[name];
  const sizes = { [kind]: contents.length, [`${kind}_gzip`]: gzipSync(contents, { level: 9 }).length };
  const over = Object.entries(sizes)
    .filter(([measureName, bytes]) => !(bytes <= budget?.[measureName]))
    .map(
      ([measureName, bytes]) => `${name}: ${measureName} is ${bytes} bytes, budget ${budget?.[measureName]}`,
    );
  return { file: basename(file), bytes: sizes[kind], gzip: sizes[`${kind}_gzip`], over };
}

async function bundle() {
  const { outputFiles } = await build({ ...bundles, plugins: [nested], minify: true });
  const measured = outputFiles.map(measure);
  for (const { file, bytes, gzip } of measured) {
    console.log(`${file.padEnd(24)} ${String(bytes).padStart(7)} B  ${String(gzip).padStart(6)} B gzip`);
  }
  const over = measured.flatMap((one) => one.over);
  if (over.length > 0) {
    for (const line of over) console.error(`over budget  ${line}`);
    process.exit(1);
  }
  mkdirSync(staticFolder, { recursive: true });
  for (const { path: file, contents } of outputFiles) writeFileSync(file, contents);
  const made = new Set(measured.map(({ file }) => file));
  for (const name of readdirSync(staticFolder)) if (!made.has(name)) rmSync(`${staticFolder}${name}`);
}

const budgets = JSON.parse(readFileSync(path("budgets.json"), "utf8"));
if (watching) await (await context({ ...bundles, plugins: [nested] })).watch();
else if (process.argv.includes("--demo")) {
  await build({
    ...common,
    entryPoints: readdirSync(path("demo"))
      .filter((name) => name.endsWith(".tsx"))
      .map((name) => path(`demo/${name}`)),
    outdir: path("demo/dist"),
    format: "iife",
  });
} else await bundle();
