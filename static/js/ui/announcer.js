// Reads new messages out to those who do not see them, without flooding them.
import { fill } from "../core/texts.js"

const PAUSE = 1000 // ms between two announcements
const GATHER = 200 // ms to wait for what comes along with the first
const MOST = 3 // more than these at once become a number

export class Announcer {
  /** @type {string[]} */
  #queue = []
  #last = 0
  /** @type {Timer} */
  #timer

  /** @param {HTMLElement} region @param {Texts} texts */
  constructor(region, texts) {
    this.region = region
    this.texts = texts
  }

  /** @param {RoomEvent} event */
  say({ user, message }) {
    this.#queue.push(`${user.name}: ${message}`)
    this.#timer ??= setTimeout(() => this.#speak(), Math.max(GATHER, this.#last + PAUSE - Date.now()))
  }

  #speak() {
    const lines = this.#queue.splice(0)
    this.#timer = undefined
    this.#last = Date.now()
    this.region.textContent = lines.length > MOST ? fill(this.texts.new_many, { n: lines.length }) : lines.join("\n")
  }
}
