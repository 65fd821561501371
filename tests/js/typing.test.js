import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { Typing } from "../../static/js/core/socket.js"

const ann = { id: "u_a", name: "Ann" }
const bob = { id: "u_b", name: "Bob" }

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ["setTimeout"] })
})

function listen() {
  const typing = new Typing(() => true)
  const shown = []
  typing.addEventListener("change", ({ detail }) => shown.push(detail.join()))
  return { typing, shown }
}

test("it is told once in three seconds, and never of an empty field", () => {
  const sent = []
  const typing = new Typing((frame) => sent.push(frame))
  typing.typed("", 0)
  typing.typed(" \n", 0)
  assert.equal(sent.length, 0)
  for (const [text, now] of [["h", 0], ["he", 100], ["hel", 2999], ["hell", 3000], ["hello", 4000]]) typing.typed(text, now)
  assert.deepEqual(sent, [{ type: "typing" }, { type: "typing" }])
})

test("what could not be told is told as soon as it can", () => {
  let connected = false
  let sent = 0
  const typing = new Typing(() => connected && ++sent > 0)
  typing.typed("a", 0)
  connected = true
  typing.typed("ab", 100)
  assert.equal(sent, 1)
})

test("who is heard of no more is gone after five seconds", () => {
  const { typing, shown } = listen()
  typing.heard({ user: ann, ttl: 5 })
  mock.timers.tick(3000)
  typing.heard({ user: ann, ttl: 5 })
  typing.heard({ user: bob })
  mock.timers.tick(4999)
  assert.deepEqual(shown, ["Ann", "Ann,Bob"])
  mock.timers.tick(1)
  assert.deepEqual(shown.slice(2), ["Bob", ""])
})

test("who has said it is no longer typing", () => {
  const { typing, shown } = listen()
  typing.heard({ user: ann })
  typing.stopped("u_a")
  typing.stopped("u_a")
  mock.timers.tick(5000)
  assert.deepEqual(shown, ["Ann", ""])
})
