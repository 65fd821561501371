// What moderators can do to who is here: a button on each row of the list, and the question behind it.
import { fill } from "../core/texts.js"
import { find } from "../ui/elements.js"
import { ask, drawn, element } from "./ask.js"
import { request } from "./texts.js"
/** @import { Context } from "./door.js" */

/**
 * @typedef {object} Standing of somebody in the room, as moderators are told
 * @property {"none" | "member" | "moderator" | "owner"} role
 * @property {boolean} muted
 * @property {boolean} account
 * @property {boolean} below one's own: something can be done
 */

const DOTS = "M5 12h.01M12 12h.01M19 12h.01"
const TIMED = ["mute", "ban"]
// seconds
const TIMES = [600, 3600, 86_400, 604_800, 2_592_000]

export class MemberMenus {
  #shown = false

  /** @param {Context} context @param {Texts} texts */
  constructor(context, texts) {
    this.context = context
    this.texts = texts
    /** @type {HTMLElement} */
    this.list = find("#members-list")
    this.status = element("p", { className: "help" })
    this.status.role = "status"
    find("#members").append(this.status)
    new MutationObserver(() => this.#dress()).observe(this.list, { childList: true, subtree: true })
  }

  /** @param {string[]} may one's rights now */
  allow(may) {
    this.#shown = may.includes("moderate")
    this.#dress()
  }

  /** Rows come and go, and names change: each has its button, but one's own. */
  #dress() {
    const me = this.context.me().id
    for (const li of /** @type {Iterable<HTMLElement>} */ (this.list.children)) {
      const { user = "" } = li.dataset
      let button = li.querySelector("button")
      if (!this.#shown || user === me) button?.remove()
      else {
        if (!button) li.append((button = this.#button(li)))
        const label = fill(this.texts.person, { name: find(".name", li).textContent })
        if (button.ariaLabel !== label) button.ariaLabel = label
      }
    }
  }

  /** @param {HTMLElement} li */
  #button(li) {
    const button = element("button", { type: "button", className: "icon", ariaHasPopup: "dialog" }, drawn(DOTS))
    button.addEventListener("click", () => this.#open(button, { id: li.dataset.user ?? "", name: find(".name", li).textContent }))
    return button
  }

  /** @param {HTMLElement} button @param {User} user */
  async #open(button, { id, name }) {
    const { texts } = this
    this.status.textContent = ""
    // Within the list where that is a dialog itself: it would close, or lie above.
    const question = { title: name, within: button.closest("dialog") ?? document.body }
    const standing = await this.#standing(id)
    if (!standing?.below) {
      const help = standing ? texts.above : navigator.onLine ? texts.failed : texts.offline
      await ask({ ...question, help, no: texts.close })
      return
    }
    const acts = element("div", { role: "radiogroup", ariaLabel: texts.what }, ...this.#acts(standing))
    const options = [element("option", { value: "", textContent: texts.time_0 }), ...TIMES.map((time) => element("option", { value: `${time}`, textContent: texts[`time_${time}`] }))]
    const seconds = element("select", { id: "ask-seconds" }, ...options)
    const time = element("div", { className: "timed", hidden: true }, element("label", { htmlFor: seconds.id, textContent: texts.how_long }), seconds)
    const chosen = () => acts.querySelector("input:checked")?.getAttribute("value") ?? ""
    acts.addEventListener("change", () => (time.hidden = !TIMED.includes(chosen())))
    const done = await ask({
      ...question,
      fields: [acts, time],
      yes: texts.do_it,
      no: texts.cancel,
      act: () => this.#do(chosen(), id, TIMED.includes(chosen()) && seconds.value ? Number(seconds.value) : undefined),
    })
    if (done) this.status.textContent = fill(texts[`done_${chosen()}`], { name })
    if (!button.isConnected) this.list.focus()
  }

  /** @param {Standing} standing */
  #acts({ role, muted, account }) {
    const { room } = this.context
    const manages = room.may.includes("manage")
    const leads = role === "moderator" || role === "owner"
    const acts = [muted ? "unmute" : "mute", "kick", "ban"]
    if (manages && account && role !== "moderator") acts.push("moderator")
    if (manages && leads) acts.push("member")
    if (role === "member") acts.push("none")
    return acts.map((act, i) =>
      element("label", { className: "check" }, element("input", { type: "radio", name: "act", value: act, required: true, autofocus: !i }), element("span", { textContent: this.texts[`act_${act}`] })),
    )
  }

  /** @param {string} user an id @returns {Promise<Standing | undefined>} undefined: not to be had now */
  async #standing(user) {
    try {
      const answer = await fetch(`${this.context.room.url}settings/?person=${encodeURIComponent(user)}`, { headers: { Accept: "application/json" } })
      return answer.ok ? await answer.json() : undefined
    } catch {
      return undefined
    }
  }

  /** @param {string} act @param {string} user @param {number} [seconds] */
  async #do(act, user, seconds) {
    const { context, texts } = this
    const [, what] = act.match(/^un(mute)$/) ?? []
    if (what) return request(context.socket, texts, { type: "lift", user, what })
    if (TIMED.includes(act) || act === "kick") return request(context.socket, texts, { type: act, user, seconds })
    const options = { method: "POST", body: new URLSearchParams({ user, act }), headers: { Accept: "application/json" } }
    const answer = await fetch(`${context.room.url}settings/people/`, { ...options, redirect: /** @type {const} */ ("manual") }).catch(() => undefined)
    if (answer?.type === "opaqueredirect") return
    const said = await answer?.json().catch(() => undefined)
    throw new Error(said?.message ?? (navigator.onLine ? texts.failed : texts.offline))
  }
}
