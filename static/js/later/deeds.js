// What one can do beyond writing: the buttons on a message, and commands like /delete. Fetched with
// the first look at a message, or the first command.
import { newId } from "../core/outbox.js"
import { fill } from "../core/texts.js"
import { find, rowOf } from "../ui/elements.js"
import { find as findPeople, parse, timed } from "./commands.js"
import { ask, element } from "./ask.js"
import { more, request } from "./texts.js"
/** @import { Composer } from "../ui/composer.js" */
/** @import { RoomSocket } from "../core/socket.js" */
/** @import { Row } from "../ui/elements.js" */

// characters, as the server counts them
const REASON = 500
// of a message, in a question about it
const QUOTE = 200

/**
 * @typedef {object} Context
 * @property {HTMLElement} chat
 * @property {RoomSocket} socket
 * @property {{language: string, may?: string[]}} room  may: beyond reading and writing
 * @property {Composer} composer
 * @property {() => User} me
 * @property {(text: string) => void} say
 */

/** @param {Context} context */
export async function open(context) {
  return new Deeds(context, await more(context.room.language))
}

class Deeds {
  /** @type {HTMLElement | undefined} */
  #at

  /** @param {Context} context @param {Texts} texts */
  constructor(context, texts) {
    this.context = context
    this.texts = texts
    const { chat, composer } = context
    this.delete = button(texts.delete, () => this.#delete(this.#at))
    this.report = button(texts.report, () => this.#report(this.#at))
    this.chip = element("span", { className: "actions deeds" }, this.delete, this.report)
    this.notice = element("p", { className: "notice" })
    this.notice.role = "status"
    composer.field.form.prepend(this.notice)
    composer.field.addEventListener("input", () => this.#tell(""))
    for (const type of ["pointerover", "focusin"]) chat.addEventListener(type, ({ target }) => this.#offer(target))
  }

  /** Where one is by now; a finger that has left again hovers nowhere. @param {EventTarget | null} touched */
  begin(touched) {
    const { chat } = this.context
    this.#offer(chat.querySelector(".row:focus-within") ?? chat.querySelector(".row:hover") ?? touched)
  }

  /** Put the buttons on a message. @param {any} target in it */
  #offer(target) {
    /** @type {HTMLElement | null} */
    const li = target?.closest(".row") ?? null
    const row = li && rowOf(li)
    // What somebody has the focus on does not go away because a mouse was moved.
    if (!row || li === this.#at || (this.chip.contains(document.activeElement) && !li.contains(document.activeElement))) return
    this.#at = li
    const own = row.author === this.context.me().id
    this.delete.hidden = !own && !this.#may("moderate")
    this.report.hidden = own
    if (row.seq && row.text) li.firstElementChild?.append(this.chip)
    else this.#away()
  }

  #away() {
    this.chip.remove()
    this.#at = undefined
  }

  /** @param {string} right */
  #may(right) {
    return Boolean(this.context.room.may?.includes(right))
  }

  /** @param {HTMLElement | undefined} li */
  async #delete(li) {
    const row = li && rowOf(li)
    if (!li || !row?.text) return false
    const { texts } = this
    const done = await ask({
      title: texts.delete_title,
      text: fill(texts.quote, { name: row.name, text: short(row.text) }),
      help: texts.delete_help,
      yes: texts.delete,
      no: texts.cancel,
      // The event that takes it away from the page comes with the answer, to all alike.
      act: () => this.#request({ type: "delete", target: row.seq }, newId()),
    })
    if (done) this.#back(li)
    return done
  }

  /** @param {HTMLElement | undefined} li */
  async #report(li) {
    const row = li && rowOf(li)
    if (!li || !row?.text) return
    const { texts } = this
    const done = await ask({
      title: texts.report_title,
      text: fill(texts.quote, { name: row.name, text: short(row.text) }),
      help: texts.report_help,
      field: { label: texts.report_reason, most: REASON },
      yes: texts.report,
      no: texts.cancel,
      act: (reason) => this.#request({ type: "report", target: row.seq, reason }),
    })
    if (!done) return
    this.#back(li)
    this.#tell(texts.reported)
  }

  /** The focus goes back to the message, whose buttons may be gone. @param {HTMLElement} li */
  #back(li) {
    this.#away()
    const article = /** @type {HTMLElement} */ (li.firstElementChild)
    article.tabIndex = -1
    article.focus({ preventScroll: true })
  }

  /**
   * What was typed begins with a slash and a word: a command, or a message that is to begin so.
   * The text goes from the field only when it was done.
   * @param {string} typed
   */
  async run(typed) {
    const { composer, say } = this.context
    const { word, rest, literal } = parse(typed)
    if (literal) say(literal)
    else if (!(await this.#command(word, rest))) return
    if (composer.field.value === typed) composer.clear()
  }

  /** @param {string} word @param {string} rest @returns {Promise<boolean>} whether it was done */
  async #command(word, rest) {
    const { texts } = this
    if (word === "help") return this.#help()
    if (word === "delete") return this.#deleteNewest(rest)
    if (!Object.hasOwn(PERSONS, word)) return this.#tell(fill(texts.unknown, { word }))
    if (!this.#may("moderate")) return this.#tell(texts.not_allowed)
    const { who, seconds } = PERSONS[word] ? timed(rest) : { who: rest, seconds: undefined }
    const found = findPeople(who, people(this.context.chat))
    if (!found.length) return this.#tell(who ? fill(texts.nobody, { name: who }) : fill(texts.whom, { word }))
    if (found.length > 1) return this.#tell(fill(texts.many, { name: who }))
    try {
      const [, what] = word.match(/^un(mute|ban)$/) ?? []
      await this.#request({ type: what ? "lift" : word, user: found[0].id, what, seconds })
    } catch (error) {
      return this.#tell(String(error instanceof Error ? error.message : error))
    }
    this.#tell(fill(texts[`done_${word}`], { name: found[0].name }))
    return true
  }

  /** @param {string} name whose; empty: one's own */
  async #deleteNewest(name) {
    const { context, texts } = this
    if (name && !this.#may("moderate")) return this.#tell(texts.not_allowed)
    const authors = name ? findPeople(name, people(context.chat)).map(({ id }) => id) : [context.me().id]
    if (authors.length > 1) return this.#tell(fill(texts.many, { name }))
    const theirs = [...context.chat.querySelectorAll(".chunk > .row:not(.gone)")].filter((li) => authors.includes(rowOf(li)?.author ?? ""))
    const newest = theirs.at(-1)
    if (!(newest instanceof HTMLElement)) return this.#tell(texts.nothing)
    const done = await this.#delete(newest)
    context.composer.field.focus()
    return done
  }

  async #help() {
    const { texts } = this
    const lines = this.#may("moderate") ? texts.help_all.concat("\n", texts.help_moderators) : texts.help_all
    await ask({ title: texts.help_title, list: lines.split("\n"), no: texts.close })
    this.context.composer.field.focus()
    return true
  }

  /** Say something below the messages. @param {string} text @returns {false} */
  #tell(text) {
    if (this.notice.textContent !== text) this.notice.textContent = text
    return false
  }

  /** @param {object} frame @param {string} [id] */
  #request(frame, id) {
    return request(this.context.socket, this.texts, frame, id)
  }
}

/** Commands about a person; whether a time can follow. @type {Record<string, boolean>} */
const PERSONS = { kick: false, mute: true, unmute: false, ban: true, unban: false }

/** Everybody one can see: who is in the room, and who has said something. @param {HTMLElement} chat @returns {User[]} */
function people(chat) {
  const here = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#members-list .member")])
  const users = here.map((li) => ({ id: li.dataset.user ?? "", name: find(".name", li).textContent }))
  const authors = [...chat.querySelectorAll(".row")].map((li) => /** @type {Row} */ (rowOf(li)))
  return [...users, ...authors.map(({ author, name }) => ({ id: author, name }))]
}

/** @param {string} label @param {() => void} act */
function button(label, act) {
  const made = element("button", { type: "button", className: "quiet", textContent: label })
  made.addEventListener("click", act)
  return made
}

/** @param {string} text */
const short = (text) => (text.length > QUOTE ? `${text.slice(0, QUOTE)}…` : text)
