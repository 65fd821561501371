// One's own messages until the server has them. One is in flight at a time, so that a
// refused "slow down" cannot put the second before the first.
import { newId } from "./id.js"

const ANSWER = 10_000 // ms online without an answer: it failed

/** Fires "change" (detail: Item) whenever an item is added or changes its state. */
export class Outbox extends EventTarget {
  /** @type {Map<string, Item>} */
  #items = new Map()
  #send
  #online = false
  /** @type {Item | null} */
  #flying = null
  /** @type {Timer} */
  #timer
  #paused = false

  /** @param {(frame: object) => boolean} send */
  constructor(send) {
    super()
    this.#send = send
  }

  /** @param {string} text */
  add(text) {
    /** @type {Item} */
    const item = { id: newId(), text, at: Date.now(), state: "queued" }
    this.#items.set(item.id, item)
    this.#changed(item)
    this.#flush()
  }

  /** Connected: what was in flight may or may not have arrived; its id makes sending it again safe. */
  online() {
    this.#online = true
    this.#land("queued")
    this.#paused = false
    this.#flush()
  }

  /** @param {number} code close code */
  offline(code) {
    this.#online = false
    // The server will not take this frame however often it is sent.
    if (code === 1009 && this.#flying) this.#fail(this.#flying, "too_long")
    else this.#land("queued")
  }

  /** @param {string} id */
  acked(id) {
    const item = this.#items.get(id)
    if (!item) return
    this.#land("acked", item)
    this.#items.delete(id)
    item.state = "acked"
    this.#changed(item)
    this.#flush()
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
    item.state = "queued"
    this.#changed(item)
    this.#flush()
  }

  #flush() {
    if (!this.#online || this.#flying || this.#paused) return
    for (const item of this.#items.values()) {
      if (item.state !== "queued") continue
      if (!this.#send({ type: "post", id: item.id, message: item.text })) return
      this.#flying = item
      item.state = "sent"
      this.#timer = setTimeout(() => {
        this.#fail(item, "no_answer")
        this.#flush()
      }, ANSWER)
      return this.#changed(item)
    }
  }

  /**
   * @param {Item} item
   * @param {string} code
   * @param {string} [reason]
   */
  #fail(item, code, reason) {
    this.#land("failed", item)
    Object.assign(item, { state: "failed", code, reason })
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

  /** @param {Item} item */
  #changed(item) {
    this.dispatchEvent(new CustomEvent("change", { detail: item }))
  }
}
