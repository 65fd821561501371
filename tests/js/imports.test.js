// Who may import whom in static/js: core/ knows neither the DOM nor those who show it.
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { test } from "node:test"

const ROOT = fileURLToPath(new URL("../../static/js/", import.meta.url))
const IMPORT = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g
const COMMENT = /\/\*[^]*?\*\/|(?<![:"'`\\])\/\/.*/g
const DOM = /\b(?:document|window|HTMLElement|querySelector\w*|getElementById)\b/

/** What each module imports, and its code without comments. Types are erased: they may go round. */
const modules = new Map(files(ROOT).map((path) => [relative(ROOT, path), parse(path)]))

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? files(path) : path.endsWith(".js") ? [path] : []
  })
}

function parse(path) {
  const code = readFileSync(path, "utf8").replace(COMMENT, "")
  return { code, imports: [...code.matchAll(IMPORT)].map(([, name]) => relative(ROOT, join(dirname(path), name))) }
}

/** The first way from a module back to itself, if there is one. */
function cycle(graph, path) {
  for (const next of graph.get(path.at(-1))) {
    if (path.includes(next)) return [...path, next]
    const found = cycle(graph, [...path, next])
    if (found) return found
  }
}

const graph = new Map([...modules].map(([name, { imports }]) => [name, imports]))

test("the imports of the page are found, and each of them is there", () => {
  assert.ok(graph.get("main.js").includes("core/socket.js"))
  assert.ok(graph.get("main.js").includes("later/name.js"), "an import() too")
  for (const [name, imports] of graph) for (const each of imports) assert.ok(graph.has(each), `${name} imports ${each}`)
})

test("no module imports itself by way of others", () => {
  assert.deepEqual(cycle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]), ["a"]), ["a", "b", "c", "b"])
  for (const name of graph.keys()) assert.equal(cycle(graph, [name])?.join(" → "), undefined)
})

test("core/ imports only core/", () => {
  assert.ok(graph.has("core/outbox.js"))
  const out = [...graph].filter(([name]) => name.startsWith("core/")).flatMap(([name, imports]) => imports.map((each) => `${name} → ${each}`))
  assert.deepEqual(out.filter((each) => !each.includes("→ core/")), [])
})

test("what is fetched later is imported by nothing that comes first", () => {
  const eager = [...modules].filter(([name, { code }]) => !name.startsWith("later/") && /^import [^(]*\/later\//m.test(code))
  assert.deepEqual(eager.map(([name]) => name), [])
})

test("core/ never touches the DOM", () => {
  const touching = [...modules].filter(([name, { code }]) => name.startsWith("core/") && DOM.test(code))
  assert.deepEqual(touching.map(([name, { code }]) => `${name}: ${code.match(DOM)}`), [])
})

test("dates and numbers are written by formatters that are kept", () => {
  const costly = [...modules].filter(([, { code }]) => /\.toLocale(?:Date|Time)?String\(/.test(code))
  assert.deepEqual(costly.map(([name]) => name), [])
})
