// The connection to a room, kept up, watched and asked things; and what comes over it: the log into
// which it is a cursor, who is here, and who is typing.

// ms until the first frame
const CONNECT = 10_000
// ms beyond the server's ping before a silent connection counts as dead
const GRACE = 10_000
// ms a connection must hold before backing off begins anew
const STEADY = 5_000
// ms for the answer to a request
const ANSWER = 10_000
// ms before the first new try
const MIN = 500
// and at most before any
const MAX = 30_000
// people who are listed; the server names no more of a larger room
const MOST = 200
// ms between two tellings that one types
const PAUSE = 3000
// s that such a telling lasts, unless the server says otherwise
const TTL = 5

/** @typedef {"connecting" | "open" | "waiting" | "stopped"} State */

/**
 * Fires "frame" (detail: the frame), "state" (detail: {state, code}) and "closed" (detail: code).
 * "open" means welcomed: what is sent from then on will be read.
 */
export class RoomSocket extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null
  /** @type {State} */
  state = "waiting"
  #attempt = 0
  #welcomed = 0
  #silence = CONNECT
  /** @type {[number, number] | null} */
  #asked = null
  /** @type {Timer} */
  #retry
  #patient = false
  /** @type {Timer} */
  #watchdog
  /** @type {Map<string, {resolve: (frame: any) => void, reject: (reason: Error) => void, timer: Timer}>} */
  #requests = new Map()
  #count = 0

  /** @param {() => string} url asked anew for each try: it carries the cursor */
  constructor(url) {
    super()
    this.url = url
  }

  /** The network may be back: try at once, unless the server asked to be left alone for a while. */
  wake() {
    if (this.state === "waiting" && !this.#patient) this.connect()
  }

  /** Connect now, as a person asked. Does nothing while connected. */
  connect() {
    if (this.#socket) return
    clearTimeout(this.#retry)
    this.#become("connecting")
    this.#silence = CONNECT
    const socket = (this.#socket = new WebSocket(this.url(), ["chat.v1"]))
    socket.onmessage = (event) => this.#receive(event.data)
    socket.onclose = (event) => this.#closed(event.code)
    this.#watch()
  }

  /**
   * @param {object} frame
   * @returns {boolean} false: not connected, nothing was sent
   */
  send(frame) {
    if (this.state !== "open" || this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /**
   * Send a frame that is answered by one with its id.
   * @param {object} frame without id
   * @param {string} [id] one that no other event has, where it becomes one
   * @returns {Promise<any>} the answer; rejected by an error, a lost connection, or silence
   */
  request(frame, id = `request-${++this.#count}`) {
    return new Promise((resolve, reject) => {
      if (!this.send({ ...frame, id })) return reject(new Error("offline"))
      const timer = setTimeout(() => this.#answer(id)?.reject(new Error("no_answer")), ANSWER)
      this.#requests.set(id, { resolve, reject, timer })
    })
  }

  /** @param {string} data */
  #receive(data) {
    this.#watch()
    const frame = JSON.parse(data)
    if (frame.type === "ping") this.send({ type: "pong" })
    else if (frame.type === "bye") this.#asked = frame.retry_ms ?? null
    else if (frame.type === "welcome") {
      this.#welcomed = Date.now()
      this.#silence = frame.ping * 1000 + GRACE
      this.#asked = null
      this.#watch()
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }))
      this.#become("open")
      return
    }
    // an event bears the id of its request too
    const waiting = frame.room ? undefined : this.#answer(frame.id)
    if (waiting) frame.type === "error" ? waiting.reject(new Error(frame.code)) : waiting.resolve(frame)
    else this.dispatchEvent(new CustomEvent("frame", { detail: frame }))
  }

  /** @param {string} id */
  #answer(id) {
    const waiting = this.#requests.get(id)
    if (waiting) clearTimeout(waiting.timer)
    this.#requests.delete(id)
    return waiting
  }

  #watch() {
    clearTimeout(this.#watchdog)
    // close() on a dead network waits for an answer that never comes: let go of the socket ourselves.
    this.#watchdog = setTimeout(() => this.drop(), this.#silence)
  }

  /** Let go of a connection that is dead, and go on as after any loss. */
  drop() {
    const socket = this.#socket
    if (!socket) return
    socket.onmessage = socket.onclose = null
    socket.close()
    this.#closed(1006)
  }

  /** @param {number} code */
  #closed(code) {
    clearTimeout(this.#watchdog)
    this.#socket = null
    for (const id of [...this.#requests.keys()]) this.#answer(id)?.reject(new Error("offline"))
    if (this.#welcomed && Date.now() - this.#welcomed >= STEADY) this.#attempt = 0
    this.#welcomed = 0
    this.dispatchEvent(new CustomEvent("closed", { detail: code }))
    this.#patient = code === 1012 || code === 1013
    const delay = delayAfter(code, this.#attempt++, this.#asked)
    if (delay === null) return this.#become("stopped", code)
    this.#retry = setTimeout(() => this.connect(), delay)
    this.#become("waiting", code)
  }

  /**
   * @param {State} state
   * @param {number} [code]
   */
  #become(state, code) {
    this.state = state
    this.dispatchEvent(new CustomEvent("state", { detail: { state, code } }))
  }
}

/**
 * What a close code asks of us: its range says what to do.
 * @param {number} code
 * @param {number} attempt 0 for the first try after a connection that held
 * @param {[number, number] | null} asked the server's own wish, from `bye`
 * @param {() => number} [random]
 * @returns {number | null} milliseconds to wait; null: stop, and tell the person
 */
export function delayAfter(code, attempt, asked, random = Math.random) {
  if (code === 1000 || (code >= 4500 && code < 5000)) return null
  if (code === 1012) return between(asked ?? [500, 8000], random)
  if (code === 1013) return between([MAX, 2 * MAX], random)
  return between([MIN, Math.min(MAX, 2 * MIN * 2 ** attempt)], random)
}

/**
 * @param {[number, number]} range
 * @param {() => number} random
 */
function between([low, high], random) {
  return low + random() * (high - low)
}

/** A room's events in seq order; it notices its own gaps. Fires "event" (detail: RoomEvent) in order, and "gap" when something is missing before what came. */
export class RoomLog extends EventTarget {
  #last
  /** @type {Map<number, RoomEvent>} */
  #early = new Map()
  #asked = false

  /**
   * @param {string} epoch
   * @param {number} last the newest seq that the page already shows
   */
  constructor(epoch, last) {
    super()
    this.epoch = epoch
    this.#last = last
  }

  /** The cursor: everything up to it has been seen. An ack never moves it. */
  get last() {
    return this.#last
  }

  /** @param {RoomEvent} event */
  receive(event) {
    if (event.seq <= this.#last) return
    this.#early.set(event.seq, event)
    for (let next; (next = this.#early.get(this.#last + 1)); ) {
      this.#early.delete(next.seq)
      this.#last = next.seq
      this.dispatchEvent(new CustomEvent("event", { detail: next }))
    }
    const gap = this.#early.size > 0
    // once, until it is filled
    if (gap && !this.#asked) this.dispatchEvent(new Event("gap"))
    this.#asked = gap
  }

  /** A new connection starts from the cursor, and may ask again for what is missing. */
  resumed() {
    this.#asked = false
    this.#early.clear()
  }

  /**
   * Go on from elsewhere: another epoch, or too far behind to be sent everything.
   * @param {string} epoch
   * @param {number} last
   */
  jump(epoch, last) {
    this.epoch = epoch
    this.#last = last
    this.resumed()
  }
}

/** @typedef {{op: "state" | "join" | "leave", users: User[], count: number}} News */

/** Who is in the room now, as the server tells it: a state, then who came and who went. */
export class Presence {
  /** @type {Map<string, User>} */
  #users = new Map()
  /** All of them, also those who are not named. */
  count = 0

  /** @param {string} language in whose order the names are listed */
  constructor(language) {
    this.#order = new Intl.Collator(language, { numeric: true }).compare
  }
  #order

  /** @param {News} news */
  take({ op, users, count }) {
    if (op === "state") this.#users.clear()
    for (const user of users) op === "leave" ? this.#users.delete(user.id) : this.#users.set(user.id, user)
    this.count = count
  }

  /** @param {string} me an id: listed first @returns {User[]} */
  list(me) {
    const rank = (/** @type {User} */ user) => (user.id === me ? 0 : 1)
    return [...this.#users.values()].sort((a, b) => rank(a) - rank(b) || this.#order(a.name, b.name)).slice(0, MOST)
  }
}

/**
 * Who is typing: told to the others while one really types, and forgotten when nothing more is heard.
 * Fires "change" (detail: the names of those who type) whenever they become others.
 */
export class Typing extends EventTarget {
  #told = -Infinity
  /** @type {Map<string, {name: string, timer: Timer}>} */
  #typists = new Map()

  /** @param {(frame: object) => boolean} send false: not connected */
  constructor(send) {
    super()
    this.send = send
  }

  /** One typed; nothing is told of an empty field. @param {string} text @param {number} [now] ms */
  typed(text, now = performance.now()) {
    if (text.trim() && now - this.#told >= PAUSE && this.send({ type: "typing" })) this.#told = now
  }

  /** @param {{user: User, ttl?: number}} news */
  heard({ user: { id, name }, ttl = TTL }) {
    const known = this.#typists.get(id)
    clearTimeout(known?.timer)
    this.#typists.set(id, { name, timer: setTimeout(() => this.stopped(id), ttl * 1000) })
    if (known?.name !== name) this.#changed()
  }

  /** They have said it, or left. @param {string} id */
  stopped(id) {
    clearTimeout(this.#typists.get(id)?.timer)
    if (this.#typists.delete(id)) this.#changed()
  }

  #changed() {
    const detail = [...this.#typists.values()].map(({ name }) => name)
    this.dispatchEvent(new CustomEvent("change", { detail }))
  }
}
