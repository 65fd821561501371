import assert from "node:assert/strict"
import { test } from "node:test"
import { Presence } from "../../static/js/core/socket.js"

const user = (name) => ({ id: `u_${name}`, name })
const names = (presence, me = "u_me") => presence.list(me).map(({ name }) => name)

test("a state, then who came and who went", () => {
  const presence = new Presence("en")
  presence.take({ op: "state", users: [user("Bob"), user("Ann")], count: 2 })
  assert.deepEqual(names(presence), ["Ann", "Bob"])
  presence.take({ op: "join", users: [user("Cid"), user("Dan")], count: 4 })
  presence.take({ op: "leave", users: [user("Ann")], count: 3 })
  assert.deepEqual([names(presence), presence.count], [["Bob", "Cid", "Dan"], 3])
  presence.take({ op: "state", users: [user("Eve")], count: 1 })
  assert.deepEqual(names(presence), ["Eve"])
})

test("oneself comes first, then names in the reader's order", () => {
  const presence = new Presence("ko")
  presence.take({ op: "state", users: ["Zoë", "me", "민지", "guest 10", "guest 9"].map(user), count: 5 })
  assert.deepEqual(names(presence), ["me", "민지", "guest 9", "guest 10", "Zoë"])
})

test("who comes again under another name is listed once", () => {
  const presence = new Presence("en")
  presence.take({ op: "state", users: [user("Ann")], count: 1 })
  presence.take({ op: "join", users: [{ id: "u_Ann", name: "Anna" }], count: 1 })
  assert.deepEqual(names(presence), ["Anna"])
})

test("the count is of all, also of those who are not named", () => {
  const presence = new Presence("en")
  presence.take({ op: "state", users: [user("Ann")], count: 500 })
  assert.equal(presence.count, 500)
  presence.take({ op: "leave", users: [user("Somebody")], count: 499 })
  assert.deepEqual([presence.count, names(presence)], [499, ["Ann"]])
  presence.take({ op: "join", users: Array.from({ length: 300 }, (_, i) => user(`${i}`)), count: 800 })
  assert.equal(names(presence).length, 200)
})
