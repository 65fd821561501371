// Who is typing: told to the others while one really types, and forgotten when nothing more is heard.

const PAUSE = 3000 // ms between two tellings
const TTL = 5 // s that a telling lasts, unless the server says otherwise

/** Fires "change" (detail: the names of those who type) whenever they become others. */
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
