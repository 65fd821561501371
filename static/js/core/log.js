// A room's events in seq order; it notices its own gaps.

/** Fires "event" (detail: RoomEvent) in order, and "gap" when something is missing before what came. */
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
    if (gap && !this.#asked) this.dispatchEvent(new Event("gap")) // once, until it is filled
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
