// What one may do in the room, where that is not as usual or changes while one is here: why one cannot
// write now, the moderators' part of the menu, and what they can do to who is here.
import { fill } from "../core/texts.js"
import { find } from "../ui/elements.js"
import { drawn, element } from "./ask.js"
import { more } from "./texts.js"
/** @import { Composer } from "../ui/composer.js" */
/** @import { RoomSocket } from "../core/socket.js" */

/** @typedef {{may: string[], why?: string, retry_ms?: number}} News */
/**
 * @typedef {object} Context
 * @property {RoomSocket} socket
 * @property {{language: string, url: string, may: string[]}} room
 * @property {Composer} composer
 * @property {() => User} me
 */

/** @type {News} */
const USUAL = { may: ["read", "post", "hurry"] }
// ms: a timer that is set for longer goes off at once
const LONGEST = 2 ** 31 - 1
const SETTINGS = "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
const REPORTS = "M5 21V4h13l-3 4.5 3 4.5H5"

/** @param {Context} context */
export async function open(context) {
  return new Door(context, await more(context.room.language))
}

class Door {
  // since the last welcome
  #told = true
  #why = ""
  /** @type {Timer} */
  #over
  /** @type {HTMLElement[]} */
  #links = []
  /** @type {Promise<{allow: (may: string[]) => void}> | undefined} */
  #menus

  /** @param {Context} context @param {Texts} texts */
  constructor(context, texts) {
    this.context = context
    this.texts = texts
    const { composer, socket } = context
    const { field, onsend } = composer
    this.line = field.form.querySelector("p.help") ?? element("p", { className: "help" })
    this.line.role = "status"
    field.form.prepend(this.line)
    // Commands go on: a locked room can still be kept friendly.
    composer.onsend = (text) => (this.#why && !/^\s*\/\p{L}/u.test(text) ? this.#refuse() : onsend(text))
    field.addEventListener("input", () => (this.line.className = "help"))
    socket.addEventListener("frame", (/** @type {any} */ { detail: { type } }) => {
      if (type === "welcome") this.#told = false
      else if ((type === "resumed" || type === "reset") && !this.#told) this.take(USUAL)
    })
  }

  /** @param {News} news */
  take({ may, why = "", retry_ms }) {
    this.#told = true
    this.context.room.may = may
    this.#tell(why, retry_ms)
    this.#guide(may.includes("moderate"))
    if (may.includes("moderate")) this.#menus ??= this.#load()
    this.#menus?.then((menus) => menus.allow(this.context.room.may), () => (this.#menus = undefined))
  }

  /** Say why one cannot write, or nothing any more. @param {string} why @param {number} [ms] until it is over */
  #tell(why, ms) {
    const { line, texts } = this
    clearTimeout(this.#over)
    if (ms !== undefined && ms < LONGEST) this.#over = setTimeout(() => this.#tell(""), ms)
    this.#why = why
    const text = ms === undefined ? (texts[`why_${why}`] ?? "") : fill(texts[`why_${why}_until`], { time: this.#time(ms) })
    line.className = "help"
    // the page's own has a link
    if (why === "log_in" && line.children.length) return
    if (line.textContent !== text) line.textContent = text
  }

  /** What was written stays in the field. It is said once more. @returns {true} */
  #refuse() {
    const { line } = this
    const said = [...line.childNodes]
    line.className = "notice"
    line.replaceChildren()
    requestAnimationFrame(() => line.replaceChildren(...said))
    return true
  }

  /** @param {number} ms from now @returns {string} the day too, where it is another */
  #time(ms) {
    const then = new Date(Date.now() + ms)
    const today = then.toDateString() === new Date().toDateString()
    return new Intl.DateTimeFormat(this.context.room.language, { timeStyle: "short", ...(today ? {} : { dateStyle: "medium" }) }).format(then)
  }

  /** Show the moderators' links in the menu, or hide them. @param {boolean} shown */
  #guide(shown) {
    const { context, texts } = this
    if (shown && !this.#links.length) {
      for (const [page, label, icon] of [["settings", texts.settings, SETTINGS], ["reports", texts.reports, REPORTS]]) {
        const href = `${context.room.url}${page}/`
        const there = document.querySelector(`#me .menu a[href="${CSS.escape(href)}"]`)
        const link = there instanceof HTMLElement ? there : element("a", { href }, drawn(icon), document.createTextNode(label))
        if (!there) find("#bell").before(link)
        this.#links.push(link)
      }
    }
    for (const link of this.#links) link.hidden = !shown
  }

  async #load() {
    const { MemberMenus } = await import("./members.js")
    return new MemberMenus(this.context, this.texts)
  }
}
