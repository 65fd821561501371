// One's own messages until the server has them. One is in flight at a time, so that a refused
// "slow down" cannot put the second before the first; and of the tabs that share what is kept,
// one sends. Where there are no Web Locks (plain http) each tab sends what it knows: the ids
// make that safe.
/** @import { Pending } from "./kept.js" */

// ms online without an answer: it failed
const ANSWER = 10_000
// time of the newest id
let last = 0

/**
 * Fires "change" (detail: Item) whenever an item is added or changes its state, and, since their
 * prospects changed, for all of them when the connection comes or goes.
 */
export class Outbox extends EventTarget {
  /** @type {Map<string, Item>} */
  #items = new Map()
  // ids of those that ended: what is kept may have been read before that, and come only then
  /** @type {Set<string>} */
  #gone = new Set()
  #context
  #online = false
  // we are the one who sends
  #turn = false
  #leave = new AbortController()
  /** @type {Item | null} */
  #flying = null
  /** @type {Timer} */
  #timer
  #paused = false

  /**
   * @param {{name: string, kept: Pick<Pending, "all" | "put" | "delete">,
   *   send: (frame: object) => boolean, shown: (id: string) => boolean,
   *   locks?: LockManager, channel?: BroadcastChannel}} context
   *   name: of the lock that the tabs share; shown: is it on the page, as a message of the room?
   */
  constructor(context) {
    super()
    this.#context = context
    if (context.channel) context.channel.onmessage = ({ data }) => this.#told(data)
  }

  /** Take what is kept: of an earlier page, and of other tabs. */
  async open() {
    for (const item of await this.#context.kept.all()) if (!this.#items.has(item.id)) this.#take(item)
  }

  /** The text is safe when this returns, and sent some time after it resolves. @param {string} text */
  async add(text) {
    /** @type {Item} */
    const item = { id: newId(), text, at: Date.now(), state: "new" }
    this.#items.set(item.id, item)
    this.#changed(item)
    await this.#context.kept.put({ ...item, state: "queued" })
    item.state = "queued"
    this.#context.channel?.postMessage({ put: item })
    this.#flush()
  }

  /** Connected: what was in flight may or may not have arrived; its id makes sending it again safe. */
  online() {
    this.#online = true
    this.#changedAll()
    this.#queue()
  }

  /** @param {number} code close code */
  offline(code) {
    this.#online = this.#paused = false
    clearTimeout(this.#timer)
    // The server will not take this frame however often it is sent.
    if (code === 1009 && this.#flying) this.#fail(this.#flying, "too_long")
    this.#stop()
    this.#changedAll()
  }

  /** Out of sight a page may be put to sleep: let another tab send, if there is one. */
  rest() {
    if (!this.#online || this.#flying) return
    this.#stop()
    this.#queue()
  }

  /** @param {string} id @param {number} seq its place in the room */
  acked(id, seq) {
    this.#end(id, "acked", seq)
  }

  /** Forget it, unsent. @param {string} id */
  remove(id) {
    this.#end(id, "deleted")
  }

  /** @param {{id: string, code: string, message?: string, retry_ms?: number}} error */
  refused({ id, code, message, retry_ms }) {
    const item = this.#items.get(id)
    if (!item) return
    if (retry_ms === undefined) {
      this.#fail(item, code, message)
      return this.#flush()
    }
    this.#land("queued")
    this.#paused = true
    this.#timer = setTimeout(() => {
      this.#paused = false
      this.#flush()
    }, retry_ms)
  }

  /** @param {string} id */
  retry(id) {
    const item = this.#items.get(id)
    if (item?.state !== "failed") return
    this.#become(item, { state: "queued", code: undefined, reason: undefined })
    this.#flush()
  }

  /** Wait for our turn to send, and keep it until #stop(). */
  #queue() {
    const { locks, name } = this.#context
    const { signal } = (this.#leave = new AbortController())
    const turn = async () => {
      await this.open()
      if (signal.aborted) return
      this.#turn = true
      this.#flush()
      await new Promise((resolve) => signal.addEventListener("abort", resolve))
    }
    // It is rejected when the turn is no longer wanted.
    if (locks) locks.request(name, { signal }, turn).catch(() => {})
    else turn()
  }

  #stop() {
    this.#turn = false
    this.#land("queued")
    this.#leave.abort()
  }

  #flush() {
    if (!this.#turn || this.#flying || this.#paused) return
    const waiting = [...this.#items.values()].filter(({ state }) => state === "queued" || state === "new")
    const item = waiting.reduce((first, each) => (first && first.id < each.id ? first : each), waiting[0])
    // nothing, or not yet safe
    if (item?.state !== "queued") return
    if (!this.#context.send({ type: "post", id: item.id, message: item.text })) return
    this.#flying = item
    item.state = "sent"
    this.#timer = setTimeout(() => {
      this.#fail(item, "no_answer")
      this.#flush()
    }, ANSWER)
    this.#changed(item)
  }

  /**
   * @param {Item} item
   * @param {string} code
   * @param {string} [reason]
   */
  #fail(item, code, reason) {
    this.#land("failed", item)
    this.#become(item, { state: "failed", code, reason })
  }

  /** A change that is kept, and that the other tabs hear of. @param {Item} item @param {Partial<Item>} change */
  #become(item, change) {
    this.#changed(Object.assign(item, change))
    this.#context.kept.put({ ...item })
    this.#context.channel?.postMessage({ put: item })
  }

  /** @param {string} id @param {Item["state"]} state @param {number} [seq] */
  async #end(id, state, seq) {
    if (!this.#forget(id, state, seq)) return
    await this.#context.kept.delete(id)
    this.#context.channel?.postMessage({ gone: id, state, seq })
  }

  /** @param {string} id @param {Item["state"]} state @param {number} [seq] */
  #forget(id, state, seq) {
    this.#gone.add(id)
    const item = this.#items.get(id)
    if (!item) return false
    this.#land(state, item)
    this.#items.delete(id)
    this.#changed(Object.assign(item, { state, seq }))
    this.#flush()
    return true
  }

  /** Another tab says what it did. @param {{put?: Item, gone: string, state: Item["state"], seq?: number}} news */
  #told({ put, gone, state, seq }) {
    if (!put) this.#forget(gone, state, seq)
    // Without locks nobody would know who is to send it: it is that tab's alone.
    else if (this.#context.locks || this.#items.has(put.id)) {
      this.#take(put)
      this.#flush()
    }
  }

  /** @param {Item} news */
  #take(news) {
    const { kept, shown } = this.#context
    if (this.#gone.has(news.id)) return
    if (shown(news.id)) return kept.delete(news.id)
    const item = this.#items.get(news.id) ?? news
    if (item === this.#flying) return
    this.#items.set(item.id, Object.assign(item, news))
    this.#changed(item)
  }

  /**
   * Nothing is in flight any more (if it was this one).
   * @param {Item["state"]} state
   * @param {Item | null} [item]
   */
  #land(state, item = this.#flying) {
    if (!item || item !== this.#flying) return
    clearTimeout(this.#timer)
    item.state = state
    this.#flying = null
  }

  #changedAll() {
    for (const item of this.#items.values()) this.#changed(item)
  }

  /** @param {Item} item */
  #changed(item) {
    this.dispatchEvent(new CustomEvent("change", { detail: item }))
  }
}

/**
 * A message's id is a UUIDv7, so the server's index of them grows at its end.
 * Each is greater than the one before, also within a millisecond and when the clock is set back.
 * crypto.randomUUID exists on https only; getRandomValues everywhere.
 * @param {number} [now] milliseconds since 1970
 * @returns {string} 36 characters
 */
export function newId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  last = Math.max(now, last + 1)
  for (let i = 5, rest = last; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
