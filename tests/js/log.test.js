import assert from "node:assert/strict"
import { test } from "node:test"
import { RoomLog } from "../../static/js/core/log.js"

function watch(last = 0) {
  const log = new RoomLog("k1", last)
  const seen = []
  let gaps = 0
  log.addEventListener("event", (event) => seen.push(event.detail.seq))
  log.addEventListener("gap", () => gaps++)
  return { log, seen, gaps: () => gaps, take: (...seqs) => seqs.forEach((seq) => log.receive({ seq })) }
}

test("events come out in order, each once", () => {
  const { log, seen, take } = watch()
  take(1, 2, 2, 1, 3)
  assert.deepEqual(seen, [1, 2, 3])
  assert.equal(log.last, 3)
})

test("what came too early waits, and the gap is asked for once", () => {
  const { log, seen, gaps, take } = watch(10)
  take(13, 14, 12)
  assert.deepEqual(seen, [])
  assert.equal(log.last, 10)
  assert.equal(gaps(), 1)
  take(11)
  assert.deepEqual(seen, [11, 12, 13, 14])
  take(16)
  assert.equal(gaps(), 2)
})

test("a half-filled gap is not asked for again, but a new connection may ask", () => {
  const { log, gaps, take } = watch()
  take(3, 5, 1)
  assert.equal(gaps(), 1)
  log.resumed()
  take(5)
  assert.equal(gaps(), 2)
})

test("a jump forgets what came early and goes on from there", () => {
  const { log, seen, take } = watch(5)
  take(9)
  log.jump("k2", 100)
  take(9, 100, 101)
  assert.deepEqual(seen, [101])
  assert.equal(log.epoch, "k2")
})
