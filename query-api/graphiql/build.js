// Builds what the binary embeds: `npm ci && npm run build` writes built/, `npm run check` compares with it.
//
// The result depends on page/, the lock and this file alone: names, times and folders of this machine are in none of it.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "built");

/** GraphiQL brings two fonts as data, more than half of all its bytes; those of the system do. */
const withoutFonts = {
  name: "without-fonts",
  setup: ({ onLoad }) =>
    onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/@font-face\s*\{[^}]*\}/g, ""),
      loader: "css",
    })),
};

const bundle = () =>
  build({
    absWorkingDir: here,
    entryPoints: { graphiql: "page/main.jsx" },
    outdir: "built",
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    legalComments: "none",
    loader: { ".graphql": "text" },
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [withoutFonts],
  });

/** The licence of each package that has come in, as it asks for. */
function notices({ inputs }) {
  const folders = Object.keys(inputs).map((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  const packages = [...new Set(folders.filter(Boolean))].sort();
  const head = "The page at /graphiql is made of these packages, among others' work.\n";
  return packages.reduce((text, folder) => `${text}\n${"-".repeat(80)}\n${notice(join(here, folder))}`, head);
}

function notice(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).sort().find((file) => /^licen[cs]e/i.test(file));
  const text = file && readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim();
  return `${name} ${version}, ${license}\n\n${text ?? `by ${author?.name ?? author ?? repository.url}`}\n`;
}

const { outputFiles, metafile } = await bundle();
const files = Object.fromEntries(outputFiles.map(({ path, text }) => [path.replace(/^.*[\\/]/, ""), text]));
files["notices.txt"] = notices(metafile);

const differing = Object.entries(files).filter(([name, text]) => {
  const there = join(built, `${name}.gz`);
  return !existsSync(there) || gunzipSync(readFileSync(there)).toString() !== text;
});
if (process.argv.includes("--check")) {
  for (const [name] of differing) console.error(`built/${name}.gz is not what page/ and the lock make: npm run build`);
  process.exitCode = differing.length && 1;
} else {
  // What is the same stays as it is: another zlib would pack it into other bytes.
  for (const [name, text] of differing) writeFileSync(join(built, `${name}.gz`), gzipSync(text, { level: 9 }));
  console.log(Object.entries(files).map(([name]) => `${name} ${readFileSync(join(built, `${name}.gz`)).length}`).join("\n"));
}
