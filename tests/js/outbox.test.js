import assert from "node:assert/strict"
import { mock, test } from "node:test"
import { Outbox } from "../../static/js/core/outbox.js"

mock.timers.enable({ apis: ["setTimeout"] })

/** What the tabs of a browser share. */
class Browser {
  stored = new Map()
  tabs = []
  holder = null
  waiting = []

  locks = {
    request: (_, { signal }, turn) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason))
        this.waiting.push({ signal, turn, resolve })
        this.#next()
      }),
  }

  async #next() {
    this.waiting = this.waiting.filter(({ signal }) => !signal.aborted)
    if (this.holder || !this.waiting.length) return
    this.holder = this.waiting.shift()
    await this.holder.turn()
    this.holder.resolve()
    this.holder = null
    this.#next()
  }

  tab({ locks = this.locks, online = true, shown = () => false, kept = {} } = {}) {
    const channel = { postMessage: (data) => this.tabs.forEach((tab) => tab !== channel && tab.onmessage?.({ data: structuredClone(data) })) }
    this.tabs.push(channel)
    const sent = []
    const changes = []
    const box = new Outbox({
      name: "room",
      send: (frame) => sent.push(frame) > 0,
      shown,
      locks,
      channel,
      kept: {
        all: async () => structuredClone([...this.stored.values()]),
        put: async (item) => void this.stored.set(item.id, structuredClone(item)),
        delete: async (id) => void this.stored.delete(id),
        ...kept,
      },
    })
    box.addEventListener("change", ({ detail }) => changes.push(`${detail.text} ${detail.state}`))
    if (online) box.online()
    return { box, sent, changes, texts: () => sent.map((frame) => frame.message) }
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function outbox(options) {
  const browser = new Browser()
  const tab = browser.tab(options)
  await settled()
  return { browser, ...tab, add: (...texts) => Promise.all(texts.map((text) => tab.box.add(text))) }
}

test("what is typed before the connection is shown at once and sent in order when it opens", async () => {
  const { box, sent, changes, texts, add } = await outbox({ online: false })
  await add("a", "b")
  assert.deepEqual(changes, ["a new", "b new"])
  assert.deepEqual(sent, [])
  box.online()
  await settled()
  box.acked(sent[0].id, 1)
  assert.deepEqual(texts(), ["a", "b"])
})

test("nothing is sent, and the text is not called safe, before it is kept", async () => {
  let keep
  const { box, sent } = await outbox({ kept: { put: () => new Promise((resolve) => (keep = resolve)) } })
  let safe = false
  box.add("a").then(() => (safe = true))
  await settled()
  assert.deepEqual(sent, [])
  assert.equal(safe, false)
  keep()
  await settled()
  assert.equal(sent.length, 1)
  assert.equal(safe, true)
})

test("what was pending survives the page, and is sent with the same ids and in order", async () => {
  const { browser, box, sent, add } = await outbox()
  await add("a", "b")
  box.offline(1006)
  const next = browser.tab()
  await settled()
  assert.deepEqual(next.changes.slice(0, 2), ["a queued", "b queued"])
  assert.deepEqual(next.sent.map(({ id }) => id), [sent[0].id])
  next.box.acked(sent[0].id, 1)
  assert.deepEqual(next.texts(), ["a", "b"])
  next.box.acked(next.sent[1].id, 2)
  await settled()
  assert.equal(browser.stored.size, 0)
})

test("what was failed is failed on the next page, with its reason, and waits to be told", async () => {
  const { browser, box, sent, add } = await outbox()
  await add("a")
  box.refused({ id: sent[0].id, code: "forbidden", message: "no" })
  const next = browser.tab()
  box.offline(1006)
  await settled()
  assert.deepEqual(next.changes, ["a failed"])
  assert.deepEqual(next.sent, [])
})

test("a message that the room already shows is not pending any more", async () => {
  const { browser, box, sent, add } = await outbox()
  await add("a")
  box.offline(1006)
  const next = browser.tab({ shown: (id) => id === sent[0].id })
  await settled()
  assert.deepEqual(next.changes, [])
  assert.deepEqual(next.sent, [])
  assert.equal(browser.stored.size, 0)
})

test("of two tabs one sends, both show, and the other takes over", async () => {
  const { browser, box, sent, texts, changes } = await outbox()
  const other = browser.tab()
  await settled()
  await other.box.add("a")
  await settled()
  assert.deepEqual(texts(), ["a"])
  assert.deepEqual(other.sent, [])
  assert.deepEqual(changes, ["a queued", "a sent"])
  box.acked(sent[0].id, 1)
  await settled()
  assert.equal(other.changes.at(-1), "a acked")
  box.offline(1006)
  await settled()
  await box.add("b")
  await settled()
  assert.deepEqual(other.texts(), ["b"])
  assert.deepEqual(texts(), ["a"])
})

test("a tab that is put out of sight lets another send, but goes on where it is alone", async () => {
  const { browser, box, texts } = await outbox()
  box.rest()
  await settled()
  await box.add("a")
  assert.deepEqual(texts(), ["a"])
  const { id } = [...browser.stored.values()][0]
  box.acked(id, 1)
  const other = browser.tab()
  await settled()
  box.rest()
  await settled()
  await box.add("b")
  assert.deepEqual(other.texts(), ["b"])
})

test("without locks each tab sends its own, and what it finds when it connects", async () => {
  const { browser, box, sent, texts, add } = await outbox({ locks: null })
  const other = browser.tab({ locks: null })
  await settled()
  await add("a")
  assert.deepEqual(texts(), ["a"])
  assert.deepEqual(other.sent, [])
  assert.deepEqual(other.changes, [])
  box.offline(1006)
  other.box.offline(1006)
  other.box.online()
  await settled()
  assert.deepEqual(other.sent, sent)
})

test("a message without an ack is sent again with the same id", async () => {
  const { box, sent, add } = await outbox()
  await add("a")
  box.offline(1006)
  box.online()
  await settled()
  assert.equal(sent.length, 2)
  assert.equal(sent[0].id, sent[1].id)
  box.acked(sent[0].id, 1)
  box.offline(1006)
  box.online()
  await settled()
  assert.equal(sent.length, 2)
})

test("too fast: waits as long as asked, then sends the same one before the next", async () => {
  const { box, sent, texts, add } = await outbox()
  await add("a", "b")
  box.refused({ id: sent[0].id, code: "rate_limited", retry_ms: 2000 })
  await add("c")
  mock.timers.tick(1999)
  assert.deepEqual(texts(), ["a"])
  mock.timers.tick(1)
  assert.deepEqual(texts(), ["a", "a"])
  assert.equal(sent[0].id, sent[1].id)
})

test("a refusal fails that one and lets the next go; it can be sent again", async () => {
  const { box, sent, changes, texts, add } = await outbox()
  await add("a", "b")
  box.refused({ id: sent[0].id, code: "forbidden", message: "no" })
  assert.deepEqual(texts(), ["a", "b"])
  assert.ok(changes.includes("a failed"))
  box.acked(sent[1].id, 1)
  box.retry(sent[0].id)
  assert.deepEqual(texts(), ["a", "b", "a"])
})

test("what is removed is gone for every tab and every page", async () => {
  const { browser, box, sent, add } = await outbox()
  const other = browser.tab()
  await settled()
  await add("a")
  box.refused({ id: sent[0].id, code: "forbidden", message: "no" })
  other.box.remove(sent[0].id)
  await settled()
  assert.equal(browser.stored.size, 0)
  box.retry(sent[0].id)
  assert.equal(sent.length, 1)
})

test("what is removed while what is kept is being read does not come back", async () => {
  const { browser, box, sent, add } = await outbox()
  await add("a")
  box.refused({ id: sent[0].id, code: "forbidden", message: "no" })
  box.offline(1006)
  await settled()
  const reads = []
  const all = () => new Promise((resolve) => reads.push([structuredClone([...browser.stored.values()]), resolve]))
  const next = browser.tab({ online: false, kept: { all } })
  const read = () => reads.forEach(([items, resolve]) => resolve(items))
  next.box.open()
  read()
  await settled()
  next.box.online()
  await settled()
  next.box.remove(sent[0].id)
  read()
  await settled()
  assert.deepEqual(next.changes, ["a failed", "a failed", "a deleted"])
})

test("ten seconds online without an answer: failed; an answer that comes late still counts", async () => {
  const { box, sent, changes, add } = await outbox()
  await add("a")
  mock.timers.tick(10_000)
  assert.equal(changes.at(-1), "a failed")
  box.acked(sent[0].id, 1)
  assert.equal(changes.at(-1), "a acked")
})

test("the ten seconds are those online", async () => {
  const { box, changes, add } = await outbox()
  await add("a")
  box.offline(1006)
  mock.timers.tick(60_000)
  assert.ok(!changes.includes("a failed"))
})

test("a frame too big for the server is not sent again", async () => {
  const { box, sent, changes, add } = await outbox()
  await add("a")
  box.offline(1009)
  box.online()
  await settled()
  assert.equal(sent.length, 1)
  assert.equal(changes.at(-1), "a failed")
})
