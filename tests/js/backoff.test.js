import assert from "node:assert/strict"
import { test } from "node:test"
import { delayAfter } from "../../static/js/core/socket.js"
import { newId } from "../../static/js/core/outbox.js"

const least = () => 0
const most = () => 1 - 1e-9

test("a lost connection is tried again within 0.5 to 30 seconds, later each time", () => {
  for (const code of [1001, 1006, 1009, 1011, 4008, 4010, 4029]) {
    assert.equal(delayAfter(code, 0, null, least), 500)
    assert.equal(Math.round(delayAfter(code, 0, null, most)), 1000)
    assert.equal(Math.round(delayAfter(code, 3, null, most)), 8000)
    assert.equal(Math.round(delayAfter(code, 50, null, most)), 30_000)
  }
})

test("a restart is waited for as long as the server asks", () => {
  assert.equal(delayAfter(1012, 9, [2000, 9000], least), 2000)
  assert.equal(Math.round(delayAfter(1012, 9, [2000, 9000], most)), 9000)
})

test("an overloaded server is left alone for half a minute at least", () => {
  assert.ok(delayAfter(1013, 0, null, least) >= 30_000)
})

test("done, and refused for good: stop", () => {
  for (const code of [1000, 4500, 4501, 4503, 4504, 4999]) assert.equal(delayAfter(code, 0, null), null)
})

test("ids sort by time and fit the protocol", () => {
  const first = newId(1_700_000_000_000)
  const later = newId(1_700_000_000_001)
  assert.ok(first < later)
  assert.match(first, /^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(later < newId(1)) // a clock that was set back
})
