import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { RoomSocket } from "../../static/js/core/socket.js"

class FakeWebSocket {
  static all = []
  readyState = 1
  sent = []
  constructor(url, protocols) {
    Object.assign(this, { url, protocols })
    FakeWebSocket.all.push(this)
  }
  send(text) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = 3
  }
  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  drop(code = 1006) {
    this.onclose?.({ code })
  }
}
globalThis.WebSocket = FakeWebSocket
const WELCOME = { type: "welcome", user: {}, ping: 25 }
const newest = () => FakeWebSocket.all.at(-1)

beforeEach(() => {
  mock.timers.reset() // the sockets of the test before are gone with their timers
  mock.timers.enable({ apis: ["setTimeout", "Date"] })
  FakeWebSocket.all.length = 0
})

function open() {
  const socket = new RoomSocket(() => "ws://x/")
  const states = []
  socket.addEventListener("state", (event) => states.push(event.detail.state))
  socket.connect()
  return { socket, states }
}

test("open means welcomed, in the chat.v1 protocol", () => {
  const { socket, states } = open()
  assert.deepEqual(newest().protocols, ["chat.v1"])
  assert.equal(socket.send({ type: "post" }), false)
  newest().say(WELCOME)
  assert.equal(socket.send({ type: "post" }), true)
  assert.deepEqual(states, ["connecting", "open"])
})

test("a lost connection is tried again, with the url asked anew", () => {
  let since = 1
  const socket = new RoomSocket(() => `ws://x/?since=${since}`)
  socket.connect()
  newest().say(WELCOME)
  since = 7
  newest().drop()
  mock.timers.tick(499)
  assert.equal(FakeWebSocket.all.length, 1)
  mock.timers.tick(501)
  assert.equal(FakeWebSocket.all.length, 2)
  assert.equal(newest().url, "ws://x/?since=7")
})

test("connect() while waiting tries at once, and only once", () => {
  const { socket } = open()
  newest().drop()
  socket.connect()
  socket.connect()
  assert.equal(FakeWebSocket.all.length, 2)
  mock.timers.tick(5_000)
  assert.equal(FakeWebSocket.all.length, 2)
})

test("a refusal for good stops it, and a network that comes back does not change that", () => {
  const { socket } = open()
  newest().say(WELCOME)
  newest().drop(4503)
  mock.timers.tick(120_000)
  socket.wake()
  assert.equal(FakeWebSocket.all.length, 1)
  assert.equal(socket.state, "stopped")
})

test("a network that comes back is tried at once, unless the server asked to be left alone", () => {
  const { socket } = open()
  newest().drop(1006)
  socket.wake()
  assert.equal(FakeWebSocket.all.length, 2)
  for (const code of [1012, 1013]) {
    newest().drop(code)
    const before = FakeWebSocket.all.length
    socket.wake()
    assert.equal(FakeWebSocket.all.length, before)
    socket.connect()
    assert.equal(FakeWebSocket.all.length, before + 1)
  }
})

test("a connection that is let go is tried again like any that was lost", () => {
  const { socket } = open()
  newest().say(WELCOME)
  socket.drop()
  assert.equal(FakeWebSocket.all[0].readyState, 3)
  mock.timers.tick(1_000)
  assert.equal(FakeWebSocket.all.length, 2)
})

test("35 seconds without a frame: the connection is dead, and another one is made", () => {
  open()
  newest().say(WELCOME)
  mock.timers.tick(34_000)
  newest().say({ type: "ping" })
  assert.deepEqual(newest().sent, [{ type: "pong" }])
  mock.timers.tick(34_999)
  assert.equal(FakeWebSocket.all[0].readyState, 1)
  mock.timers.tick(1)
  assert.equal(FakeWebSocket.all[0].readyState, 3)
  mock.timers.tick(1_000)
  assert.equal(FakeWebSocket.all.length, 2)
})

test("a restart: waits as long as bye asked", () => {
  open()
  newest().say(WELCOME)
  newest().say({ type: "bye", code: 1012, retry_ms: [3000, 3000] })
  newest().drop(1012)
  mock.timers.tick(2_999)
  assert.equal(FakeWebSocket.all.length, 1)
  mock.timers.tick(1)
  assert.equal(FakeWebSocket.all.length, 2)
})

test("connections that do not hold are backed off from, longer each time", () => {
  mock.method(Math, "random", () => 1 - 1e-9)
  open()
  const waits = []
  for (let i = 0; i < 4; i++) {
    newest().say(WELCOME)
    newest().drop()
    const before = FakeWebSocket.all.length
    let waited = 0
    for (; FakeWebSocket.all.length === before; waited += 100) mock.timers.tick(100)
    waits.push(waited)
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000])
  newest().say(WELCOME)
  mock.timers.tick(5_000)
  newest().drop()
  mock.timers.tick(1_000)
  assert.equal(FakeWebSocket.all.length, 6)
  Math.random.mock.restore()
})

test("requests are answered by id, and fail with the connection", async () => {
  const { socket } = open()
  newest().say(WELCOME)
  const [first, second, third] = [1, 2, 3].map((before) => socket.request({ type: "history", before }))
  const ids = newest().sent.map((frame) => frame.id)
  newest().say({ type: "history", id: ids[1], events: [2] })
  newest().say({ type: "error", id: ids[0], code: "bad_request" })
  newest().drop()
  assert.deepEqual((await second).events, [2])
  await assert.rejects(first, /bad_request/)
  await assert.rejects(third, /offline/)
})
