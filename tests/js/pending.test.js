import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { Pending } from "../../static/js/core/pending.js"

// There is no IndexedDB here: tests/e2e/test_bad_network.py has the one of a real browser.
class Tab {
  kept = new Map()
  getItem = (key) => this.kept.get(key) ?? null
  setItem = (key, text) => void this.kept.set(key, text)
}

beforeEach(() => (globalThis.sessionStorage = new Tab()))

test("without a database it is kept with the tab, box by box and in order", async () => {
  const pending = new Pending("outbox:a")
  await pending.put({ id: "2", text: "b" })
  await pending.put({ id: "1", text: "a" })
  await pending.put({ id: "2", text: "b", state: "failed" })
  assert.deepEqual(await new Pending("outbox:a").all(), [{ id: "1", text: "a" }, { id: "2", text: "b", state: "failed" }])
  assert.deepEqual(await new Pending("outbox:b").all(), [])
  await pending.delete("1")
  assert.deepEqual((await new Pending("outbox:a").all()).map(({ id }) => id), ["2"])
})

test("with nothing at all it lasts as long as the page", async () => {
  globalThis.sessionStorage = undefined
  const pending = new Pending("outbox:a")
  await pending.put({ id: "1", text: "a" })
  assert.deepEqual(await pending.all(), [{ id: "1", text: "a" }])
  await pending.delete("1")
  assert.deepEqual(await pending.all(), [])
})

test("what lies there in another shape does no harm", async () => {
  sessionStorage.setItem("outbox:a", "{")
  assert.deepEqual(await new Pending("outbox:a").all(), [])
})
