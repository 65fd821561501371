// Finding and making elements; rows of the timeline, from the <template> or adopted from the server's
// HTML. The templates and this code belong together, so what is asked for is there.
import { hue, initial, isEmoji, isKorean, isRtl, linkify } from "../core/texts.js"
/** @import { Clock, Part } from "../core/texts.js" */

/** @param {string} selector @param {ParentNode} [within] @returns {any} */
export const find = (selector, within = document) => within.querySelector(selector)

/** @param {string} selector of a <template> @returns {any} a copy of its only element */
export const stamp = (selector) => document.importNode(find(selector).content, true).firstElementChild

const MAY_LINK = /https?:\/\/|mailto:/i

/**
 * @typedef {object} Row what the timeline knows of an <li>
 * @property {string} id
 * @property {number} seq 0 until the room has it
 * @property {string} author
 * @property {string} name
 * @property {string} text empty: deleted
 * @property {number} at
 */

/** @type {WeakMap<Element, Row>} */
const rows = new WeakMap()

/** @param {Element} li @returns {Row | undefined} undefined: a day line */
export const rowOf = (li) => rows.get(li)

/**
 * @param {Row} row
 * @param {boolean} own
 * @param {Clock} clock
 */
export function makeRow(row, own, clock) {
  const li = stamp("#row-template")
  find(".disc", li).textContent = initial(row.name)
  find(".name", li).textContent = row.name
  find(".body", li).textContent = row.text
  li.dataset.user = row.author
  li.dataset.hue = String(hue(row.author))
  li.classList.toggle("own", own)
  return dress(li, row, clock)
}

/**
 * @param {HTMLElement} li from the server
 * @param {Clock} clock
 */
export function adoptRow(li, clock) {
  const time = find("time", li)
  const { seq, id = "", user = "" } = li.dataset
  const text = li.matches(".gone") ? "" : find(".body", li).textContent
  const name = find(".name", li).textContent
  return dress(li, { id, seq: Number(seq), author: user, name, text, at: Date.parse(time.dateTime) }, clock)
}

/**
 * A message of one's own got its place in the log.
 * @param {HTMLElement} li
 * @param {number} seq
 * @param {number} at
 * @param {Clock} clock
 */
export function number(li, seq, at, clock) {
  const row = rows.get(li)
  if (!row) return
  Object.assign(row, { seq, at })
  li.dataset.seq = String(seq)
  li.classList.remove("pending", "failed")
  li.querySelector(".state")?.remove()
  tell(li, at, clock)
}

/**
 * @param {HTMLElement} li
 * @param {Row} row
 * @param {Clock} clock
 */
function dress(li, row, clock) {
  rows.set(li, row)
  li.dataset.id = row.id
  if (row.seq) li.dataset.seq = String(row.seq)
  tell(li, row.at, clock)
  const body = find(".body", li)
  li.classList.toggle("emoji", isEmoji(row.text))
  li.classList.toggle("rtl", isRtl(row.text))
  // must not break within words, whatever the page's language
  if (isKorean(row.text)) body.lang = "ko"
  if (MAY_LINK.test(row.text)) link(body, row.text)
  if (!row.text) bury(li)
  return li
}

/** Its text is gone; who said it and when stays. @param {HTMLElement} li */
export function bury(li) {
  const row = rows.get(li)
  if (row) row.text = ""
  li.classList.remove("emoji", "rtl")
  li.classList.add("gone")
  find(".body", li).replaceChildren(stamp("#gone-template"))
}

/** @param {HTMLElement} li @param {number} at @param {Clock} clock */
function tell(li, at, clock) {
  const time = find("time", li)
  time.dateTime = new Date(at).toISOString()
  time.textContent = clock.time(at)
  time.title = clock.full(at)
}

/** Put a text with its links into an element. @param {HTMLElement} body @param {string} text */
function link(body, text) {
  const parts = linkify(text)
  if (parts.some((each) => each.href)) body.replaceChildren(...parts.map(node))
}

/** @param {Part} part */
function node({ text, href, host }) {
  if (!href) return document.createTextNode(text)
  const link = document.createElement("a")
  link.href = href
  link.rel = "noopener noreferrer nofollow ugc"
  link.target = "_blank"
  link.textContent = text
  // shown by CSS: the text stays what was written
  if (host) link.dataset.host = host
  return link
}
