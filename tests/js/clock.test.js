import assert from "node:assert/strict"
import { test } from "node:test"
import { Clock } from "../../static/js/core/texts.js"

const clock = new Clock("ko", "Asia/Seoul")
const at = Date.parse("2026-11-22T14:50:00Z") // 23:50 in Seoul

test("a group ends with its author and the author's name, after five minutes, and at midnight where the reader is", () => {
  const before = { author: "a", name: "Ann", at }
  const after = (minutes, other = {}) => clock.starts(before, { ...before, at: at + minutes * 60_000, ...other })
  assert.deepEqual(after(5), { day: false, head: false })
  assert.deepEqual(after(1, { author: "b" }), { day: false, head: true })
  assert.deepEqual(after(1, { name: "Anna" }), { day: false, head: true })
  assert.deepEqual(after(6), { day: false, head: true })
  assert.deepEqual(after(10), { day: true, head: true })
  assert.deepEqual(clock.starts(null, before), { day: true, head: true })
})

test("days are written in the reader's language, with the year when it is another", () => {
  assert.equal(clock.day(at, at), "11월 22일 일요일")
  assert.equal(clock.day(at, at + 366 * 86_400_000), "2026년 11월 22일 일요일")
  assert.equal(clock.key(at + 600_000), "2026-11-23")
})
