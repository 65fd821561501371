import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { Announcer, Status } from "../../static/js/ui/page.js"

const texts = { new_many: "{n} new messages", offline: "offline", reconnecting: "trying", connected: "connected", stopped: "stopped", stopped_4503: "put out" }

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_700_000_000_000 })
  network(true)
})

/** What the browser says of it; older versions of Node have no navigator. */
function network(onLine) {
  Object.defineProperty(globalThis, "navigator", { value: { onLine }, configurable: true })
}

/** An announcer, and what it has said: a screen reader reads what changes. */
function announce() {
  const said = []
  const announcer = new Announcer({ set textContent(text) { said.push(text) } }, texts)
  const say = (...messages) => messages.forEach((message) => announcer.say({ user: { name: "Ann" }, message }))
  return { say, said }
}

test("up to three messages that come together are read out, each with its author", () => {
  const { say, said } = announce()
  say("one")
  assert.deepEqual(said, [])
  mock.timers.tick(200)
  assert.deepEqual(said, ["Ann: one"])
  mock.timers.tick(5000)
  say("two", "three", "four")
  mock.timers.tick(200)
  assert.deepEqual(said.slice(1), ["Ann: two\nAnn: three\nAnn: four"])
})

test("more than three are summed up", () => {
  const { say, said } = announce()
  say("one", "two", "three", "four")
  mock.timers.tick(200)
  assert.deepEqual(said, ["4 new messages"])
})

test("it speaks once a second at most", () => {
  const { say, said } = announce()
  say("one")
  mock.timers.tick(200)
  say("two")
  mock.timers.tick(500)
  say("three")
  mock.timers.tick(499)
  assert.deepEqual(said, ["Ann: one"])
  mock.timers.tick(1)
  assert.deepEqual(said.slice(1), ["Ann: two\nAnn: three"])
  mock.timers.tick(10_000)
  assert.equal(said.length, 2)
})

/** What tells of the connection, with what it shows: [text, can one try now]. */
function connection() {
  const label = { textContent: "" }
  const button = { hidden: true, addEventListener() {} }
  const box = { querySelector: (part) => (part === "span" ? label : button), classList: { toggle() {} }, ariaLive: null }
  const status = new Status(box, texts, () => {})
  return { status, box, shown: () => [label.textContent, !button.hidden] }
}

test("a break is told after three seconds, and for two that it is over", () => {
  const { status, shown } = connection()
  status.update({ state: "open" })
  status.update({ state: "waiting", code: 1006 })
  mock.timers.tick(2000)
  status.update({ state: "connecting" })
  status.update({ state: "waiting", code: 1006 })
  mock.timers.tick(999)
  assert.deepEqual(shown(), ["", false])
  mock.timers.tick(1)
  assert.deepEqual(shown(), ["trying", true])
  network(false)
  status.update({ state: "waiting", code: 1006 })
  assert.deepEqual(shown(), ["offline", true])
  status.update({ state: "open" })
  assert.deepEqual(shown(), ["connected", false])
  mock.timers.tick(2000)
  assert.deepEqual(shown(), ["", false])
})

test("a shorter one is nobody's business", () => {
  const { status, shown } = connection()
  status.update({ state: "waiting", code: 1006 })
  mock.timers.tick(2999)
  status.update({ state: "open" })
  mock.timers.tick(10_000)
  assert.deepEqual(shown(), ["", false])
})

test("only being put out may interrupt", () => {
  for (const code of [1000, 1006, 1012, 4500, 4501, 4504]) {
    const { status, box } = connection()
    status.update({ state: code === 1006 || code === 1012 ? "waiting" : "stopped", code })
    assert.equal(box.ariaLive, null, `${code}`)
  }
  const { status, box, shown } = connection()
  status.update({ state: "stopped", code: 4503 })
  assert.deepEqual([box.ariaLive, ...shown()], ["assertive", "put out", false])
})
