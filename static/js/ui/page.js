// The page round the messages: what it tells of the connection and of news, and how one moves about in it
// by keyboard.
import { fill } from "../core/texts.js"
import { find } from "./elements.js"
/** @import { State } from "../core/socket.js" */

// ms: shorter breaks are nobody's business
const PATIENCE = 3000
// ms that "connected again" stays
const RELIEF = 2000
// ms between two announcements
const PAUSE = 1000
// ms to wait for what comes along with the first
const GATHER = 200
// more than these at once become a number
const MOST = 3

/** Says that there is no connection, once it has lasted; and that there is one again. */
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
    // put out: the one thing that may interrupt
    if (code === 4503) this.box.ariaLive = "assertive"
    if (state === "stopped") return this.#say(this.texts[`stopped_${code}`] ?? this.texts.stopped, code === 1000)
    if (this.#broken) {
      // "offline" may have become "trying again"
      if (this.label.textContent) this.#wait()
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
    // a status is read out when it changes
    if (this.label.textContent !== text) this.label.textContent = text
    this.button.hidden = !retry
    this.box.classList.toggle("shown", text !== "")
  }
}

/** Reads new messages out to those who do not see them, without flooding them. */
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

/** How many messages came while nobody looked: in the window's title and, where it has one, on the app's icon. */
export class Badge {
  #title = document.title
  #count = 0

  constructor() {
    document.addEventListener("visibilitychange", () => document.hidden || this.#show(0))
  }

  /** Somebody else's message came. */
  add() {
    if (document.hidden) this.#show(this.#count + 1)
  }

  /** @param {number} count */
  #show(count) {
    if (count === this.#count) return
    this.#count = count
    document.title = count ? `(${count}) ${this.#title}` : this.#title
    // 0 clears it
    navigator.setAppBadge?.(count).catch(() => {})
  }
}

/** F6 round the regions, arrows from message to message, Ctrl+/ for help. @param {HTMLElement} log @param {HTMLElement} field */
export function keys(log, field) {
  // Where the focus goes to, and the region that it stands for.
  const stops = [find("#me summary"), log, field, find("#members-list")]
  const around = ["header", "main", "footer", "aside"]

  const help = find("#help")
  const show = () => (help.open ? help.close() : help.showModal())
  find("#help-button").addEventListener("click", show)
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || !(event.ctrlKey || event.metaKey) || event.isComposing) return
    event.preventDefault()
    show()
  })

  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    const open = stops.filter((stop) => stop.closest(around.join()) && stop.checkVisibility())
    const region = document.activeElement?.closest(around.join())
    const here = open.findIndex((stop) => region?.contains(stop))
    const step = event.shiftKey ? -1 : 1
    open[(Math.max(here, 0) + step + open.length) % open.length].focus()
  })

  log.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    if (event.key === "Escape") return field.focus()
    const articles = /** @type {any[]} */ ([...log.querySelectorAll(".row > article")])
    const last = articles.length - 1
    const here = articles.findIndex((article) => article.contains(document.activeElement))
    /** @type {Record<string, number>} */
    const to = { ArrowUp: here < 0 ? last : here - 1, ArrowDown: here < 0 ? last : here + 1, Home: 0, End: last }
    // Enter on a message, not on what is in it: its first action, and not yet the doing of it.
    const action = event.key === "Enter" && articles[here] === event.target && find(".actions:not([hidden]) button", articles[here])
    const target = action || articles[to[event.key]]
    if (!target) return
    event.preventDefault()
    if (!action) target.tabIndex = -1
    target.focus()
  })
}

/**
 * Register the service worker, after all else: the first visit must not wait for what only a later one
 * needs. On plain http there is none, and nothing is missing but the page for when there is no network.
 */
export function work() {
  if (!navigator.serviceWorker) return
  /** @type {any} */
  const { trustedTypes } = window
  // The one policy of our pages, and the one address that it lets through.
  const policy = trustedTypes?.createPolicy("app", {
    createScriptURL(/** @type {string} */ url) {
      if (url === "/sw.js") return url
      throw new TypeError(url)
    },
  })
  addEventListener("load", () => navigator.serviceWorker.register(policy?.createScriptURL("/sw.js") ?? "/sw.js").catch(() => {}))
}
