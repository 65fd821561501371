// Says that there is no connection, once it has lasted; and that there is one again.
import { find } from "./dom.js"
/** @import { State } from "../core/socket.js" */

const PATIENCE = 3000 // ms: shorter breaks are nobody's business
const RELIEF = 2000 // ms that "connected again" stays

export class Status {
  /** @type {Timer} */
  #timer
  #broken = false

  /**
   * @param {HTMLElement} box
   * @param {Texts} texts
   * @param {() => void} retry
   */
  constructor(box, texts, retry) {
    this.box = box
    this.texts = texts
    this.label = find("span", box)
    this.button = find("button", box)
    this.button.addEventListener("click", retry)
  }

  /** @param {{state: State, code?: number}} change */
  update({ state, code }) {
    if (state === "open") return this.#open()
    if (code === 4503) this.box.ariaLive = "assertive" // put out: the one thing that may interrupt
    if (state === "stopped") return this.#say(this.texts[`stopped_${code}`] ?? this.texts.stopped, code === 1000)
    if (this.#broken) {
      if (this.label.textContent) this.#wait() // "offline" may have become "trying again"
      return
    }
    this.#broken = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wait(), PATIENCE)
  }

  #wait() {
    this.#say(navigator.onLine ? this.texts.reconnecting : this.texts.offline, true)
  }

  #open() {
    this.#broken = false
    clearTimeout(this.#timer)
    if (!this.label.textContent) return
    this.#say(this.texts.connected, false)
    this.#timer = setTimeout(() => this.#say("", false), RELIEF)
  }

  /** @param {string} text @param {boolean} retry */
  #say(text, retry) {
    clearTimeout(this.#timer)
    if (this.label.textContent !== text) this.label.textContent = text // a status is read out when it changes
    this.button.hidden = !retry
    this.box.classList.toggle("shown", text !== "")
  }
}
