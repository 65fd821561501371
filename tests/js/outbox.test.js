import assert from "node:assert/strict"
import { mock, test } from "node:test"
import { Outbox } from "../../static/js/core/outbox.js"

mock.timers.enable({ apis: ["setTimeout"] })

function outbox({ online = true } = {}) {
  const sent = []
  const changes = []
  const box = new Outbox((frame) => sent.push(frame) > 0)
  box.addEventListener("change", ({ detail }) => changes.push(`${detail.text} ${detail.state}`))
  if (online) box.online()
  return { box, sent, changes, texts: () => sent.map((frame) => frame.message) }
}

test("what is typed before the connection is shown at once and sent in order when it opens", () => {
  const { box, sent, changes, texts } = outbox({ online: false })
  box.add("a")
  box.add("b")
  assert.deepEqual(changes, ["a queued", "b queued"])
  assert.deepEqual(sent, [])
  box.online()
  box.acked(sent[0].id)
  assert.deepEqual(texts(), ["a", "b"])
})

test("a message without an ack is sent again with the same id", () => {
  const { box, sent } = outbox()
  box.add("a")
  box.offline(1006)
  box.online()
  assert.equal(sent.length, 2)
  assert.equal(sent[0].id, sent[1].id)
  box.acked(sent[0].id)
  box.online()
  assert.equal(sent.length, 2)
})

test("too fast: waits as long as asked, then sends the same one before the next", () => {
  const { box, sent, texts } = outbox()
  box.add("a")
  box.add("b")
  box.refused({ id: sent[0].id, code: "rate_limited", retry_ms: 2000 })
  box.add("c")
  mock.timers.tick(1999)
  assert.deepEqual(texts(), ["a"])
  mock.timers.tick(1)
  assert.deepEqual(texts(), ["a", "a"])
  assert.equal(sent[0].id, sent[1].id)
})

test("a refusal fails that one and lets the next go; it can be sent again", () => {
  const { box, sent, changes, texts } = outbox()
  box.add("a")
  box.add("b")
  box.refused({ id: sent[0].id, code: "forbidden", message: "no" })
  assert.deepEqual(texts(), ["a", "b"])
  assert.ok(changes.includes("a failed"))
  box.acked(sent[1].id)
  box.retry(sent[0].id)
  assert.deepEqual(texts(), ["a", "b", "a"])
})

test("ten seconds online without an answer: failed; an answer that comes late still counts", () => {
  const { box, sent, changes } = outbox()
  box.add("a")
  mock.timers.tick(10_000)
  assert.equal(changes.at(-1), "a failed")
  box.acked(sent[0].id)
  assert.equal(changes.at(-1), "a acked")
})

test("a frame too big for the server is not sent again", () => {
  const { box, sent, changes } = outbox()
  box.add("a")
  box.offline(1009)
  box.online()
  assert.equal(sent.length, 1)
  assert.equal(changes.at(-1), "a failed")
})
