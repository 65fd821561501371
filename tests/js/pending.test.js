import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { Pending } from "../../static/js/core/kept.js"

// There is no IndexedDB here: tests/e2e/test_bad_network.py has the one of a real browser.
class Storage {
  getItem(key) {
    return this[key] ?? null
  }
  setItem(key, text) {
    this[key] = text
  }
  removeItem(key) {
    delete this[key]
  }
}

beforeEach(() => (globalThis.localStorage = new Storage()))

test("it is safe at once, before any database has answered", () => {
  new Pending("outbox:a").put({ id: "1", text: "a" })
  assert.deepEqual(Object.values(localStorage), [`{"id":"1","text":"a"}`])
})

test("without a database it is kept all the same, box by box and in order", async () => {
  const pending = new Pending("outbox:a")
  await pending.put({ id: "2", text: "b" })
  await pending.put({ id: "1", text: "a" })
  await pending.put({ id: "2", text: "b", state: "failed" })
  assert.deepEqual(await new Pending("outbox:a").all(), [{ id: "1", text: "a" }, { id: "2", text: "b", state: "failed" }])
  for (const other of ["outbox:b", "outbox", "outbox:a 1"]) assert.deepEqual(await new Pending(other).all(), [])
  await new Pending("outbox:a 1").put({ id: "3", text: "c" })
  assert.equal((await pending.all()).length, 2)
  await pending.delete("1")
  assert.deepEqual((await new Pending("outbox:a").all()).map(({ id }) => id), ["2"])
})

test("with nothing at all it lasts as long as the page", async () => {
  globalThis.localStorage = undefined
  const pending = new Pending("outbox:a")
  await pending.put({ id: "1", text: "a" })
  assert.deepEqual(await pending.all(), [{ id: "1", text: "a" }])
  await pending.delete("1")
  assert.deepEqual(await pending.all(), [])
})

test("what lies there in another shape does no harm", async () => {
  localStorage.setItem('"outbox:a" 1', "{")
  assert.deepEqual(await new Pending("outbox:a").all(), [])
})
