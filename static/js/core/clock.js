// Dates in the reader's language and time zone. A formatter costs far more than formatting: kept.

const GROUP = 5 * 60_000 // ms of silence after which the author is named again

/** @typedef {{author: string, name: string, at: number}} Line */

export class Clock {
  /**
   * @param {string} language
   * @param {string} [timeZone] the reader's own unless told
   */
  constructor(language, timeZone) {
    /** @param {Intl.DateTimeFormatOptions} how */
    const format = (how, tongue = language) => new Intl.DateTimeFormat(tongue, { timeZone, ...how })
    /** @type {Intl.DateTimeFormatOptions} */
    const day = { month: "long", day: "numeric", weekday: "long" }
    this.#time = format({ hour: "numeric", minute: "2-digit" })
    this.#day = format(day)
    this.#year = format({ ...day, year: "numeric" })
    this.#full = format({ dateStyle: "long", timeStyle: "short" })
    this.#key = format({ year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA")
  }
  #time
  #day
  #year
  #full
  #key

  /** @param {number} at milliseconds since 1970 */
  time(at) {
    return this.#time.format(at)
  }

  /** @param {number} at */
  full(at) {
    return this.#full.format(at)
  }

  /** @param {number} at @returns {string} 2026-11-22 */
  key(at) {
    return this.#key.format(at)
  }

  /** @param {number} at @param {number} [now] */
  day(at, now = Date.now()) {
    const thisYear = this.key(at).slice(0, 4) === this.key(now).slice(0, 4)
    return (thisYear ? this.#day : this.#year).format(at)
  }

  /**
   * Does a message start a day, or a group of its own?
   * @param {Line | null} before
   * @param {Line} after
   */
  starts(before, after) {
    const day = !before || this.key(before.at) !== this.key(after.at)
    return { day, head: day || before.author !== after.author || before.name !== after.name || after.at - before.at > GROUP }
  }
}
