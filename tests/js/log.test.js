import assert from "node:assert/strict"
import { test } from "node:test"
import { RoomLog } from "../../static/js/core/socket.js"

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

/** Numbers from 0 up to below 1 that a seed repeats. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** 1 to n in any order, some of them several times. */
function shuffled(n, next) {
  const seqs = []
  for (let seq = 1; seq <= n; seq++) for (let copies = 1 + Math.floor(next() * 3); copies; copies--) seqs.push(seq)
  for (let i = seqs.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[seqs[i], seqs[j]] = [seqs[j], seqs[i]]
  }
  return seqs
}

const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1)

test("whatever the order and however often events come, each is shown once and in order", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed)
    const n = 1 + Math.floor(next() * 40)
    const { log, seen, take } = watch()
    for (const seq of shuffled(n, next)) {
      take(seq)
      assert.equal(log.last, seen.length, `seed ${seed}`)
    }
    assert.deepEqual(seen, upTo(n), `seed ${seed}`)
  }
})

test("events that are lost are asked for, once until they came, and then nothing is missing", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed)
    const n = 1 + Math.floor(next() * 40)
    const { log, seen, take } = watch()
    let asked = 0
    let highest = 0
    log.addEventListener("gap", () => asked++)
    const come = (seq) => {
      take(seq)
      highest = Math.max(highest, seq)
      if (log.last === highest) asked = 0
      assert.ok(asked <= 1, `seed ${seed}: asked again`)
    }
    const answer = (top) => {
      log.resumed()
      asked = 0
      for (let seq = log.last + 1; seq <= top; seq++) {
        come(seq)
        assert.equal(asked, 0, `seed ${seed}: asked for what is on its way`)
      }
    }
    for (let top = 1; top <= n; top++) {
      if (next() < 0.7) come(top)
      if (next() < 0.3) come(1 + Math.floor(next() * top))
      if ((asked && next() < 0.3) || next() < 0.1) answer(top) // or a new connection, which begins so
    }
    come(n + 1)
    if (asked) answer(n + 1)
    assert.deepEqual(seen, upTo(n + 1), `seed ${seed}`)
    assert.equal(asked, 0, `seed ${seed}`)
  }
})
