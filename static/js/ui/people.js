// Who is here, who is typing, and one's own name, as they are shown.
import { Presence } from "../core/socket.js"
import { fill, hue, initial, number } from "../core/texts.js"
import { find, stamp } from "./elements.js"
/** @import { News } from "../core/socket.js" */

const KEYS = ["", "typing_one", "typing_two", "typing_three"]

/**
 * Their list: a column on a wide screen, a popover on a narrower one, a sheet on a phone.
 * Comings and goings change the list and the count, and nothing else: nobody is interrupted.
 */
export class Members {
  #presence
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map()
  // where app.css has a column for them
  #wide = matchMedia("(min-width: 1280px)")
  #phone = matchMedia("(max-width: 767px)")

  /** @param {{me: () => User, texts: Texts, language: string}} context */
  constructor({ me, texts, language }) {
    this.me = me
    this.texts = texts
    this.#presence = new Presence(language)
    this.button = find("#members-button")
    this.dialog = find("#members-dialog")
    this.panel = find("#members")
    this.button.addEventListener("click", () => (this.#phone.matches ? this.dialog.showModal() : this.dialog.togglePopover()))
    find("#members-close").addEventListener("click", () => this.#close())
    for (const media of [this.#wide, this.#phone]) media.addEventListener("change", () => this.#place())
    this.#place()
  }

  /** @param {News} news */
  take(news) {
    this.#presence.take(news)
    this.show()
  }

  show() {
    const me = this.me().id
    const { count } = this.#presence
    const users = this.#presence.list(me)
    if (!count) return
    this.button.hidden = this.panel.hidden = false
    this.button.lastElementChild.textContent = number(count)
    this.button.setAttribute("aria-label", fill(this.texts.members, { n: count }))
    find("#members-count").textContent = number(count)
    this.#rows = new Map(users.map((user) => [user.id, this.#row(user, user.id === me)]))
    const list = find("#members-list")
    const rows = [...this.#rows.values()]
    // Who stays is not taken out and put back: the focus may be there.
    for (const li of [...list.children]) rows.includes(li) || li.remove()
    rows.forEach((li, i) => list.children[i] === li || list.insertBefore(li, list.children[i]))
    find("#members-more").textContent = count > users.length ? fill(this.texts.more_members, { n: count - users.length }) : ""
  }

  /** @param {User} user @param {boolean} own */
  #row({ id, name }, own) {
    const li = this.#rows.get(id) ?? stamp("#member-template")
    const [disc, label, you] = li.children
    li.dataset.user = id
    disc.textContent = initial(name)
    li.dataset.hue = hue(id)
    label.textContent = name
    you.hidden = !own
    return li
  }

  #close() {
    if (this.dialog.matches(":popover-open")) this.dialog.hidePopover()
    else this.dialog.close()
  }

  #place() {
    this.#close()
    ;(this.#wide.matches ? find("#side") : this.dialog).append(this.panel)
  }
}

/** The line above the composer: three names at most, then a number. @param {HTMLElement} line of fixed height @param {Texts} texts @param {string[]} names */
export function showTyping(line, texts, names) {
  const text = names.length && texts[KEYS[names.length] ?? "typing_many"]
  line.replaceChildren(...(text || "").split(/\{(\w)\}/).map((part, i) => (i % 2 ? named(names["abc".indexOf(part)] ?? `${names.length}`) : part)))
}

/** @param {string} name */
function named(name) {
  // a name's direction is its own
  const bdi = document.createElement("bdi")
  bdi.textContent = name
  return bdi
}

/** One's own name in the header. @param {HTMLElement} details @param {Texts} texts @param {User} user */
export function showName(details, texts, { name }) {
  const summary = find("summary", details)
  const [disc, label] = summary.children
  if (label.textContent === name) return
  disc.textContent = initial(name)
  label.textContent = name
  summary.setAttribute("aria-label", `${texts.your_name}: ${name}`)
  find("#name-input", details).value = name
}
