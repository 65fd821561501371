// What is in a text: emoji, links, its length; and how numbers, names and dates are written.

const ONE = "(?:\\p{Emoji_Presentation}\\uFE0F?|\\p{Extended_Pictographic}(?:\\uFE0F|(?=\\p{Emoji_Modifier})))\\p{Emoji_Modifier}?[\\u{E0020}-\\u{E007F}]*"
const EMOJI = new RegExp(`^[ \\t\\n]*(?:(?:\\p{RI}{2}|[0-9#*]\\uFE0F\\u20E3|${ONE}(?:\\u200D(?:${ONE}|\\p{Extended_Pictographic}))*)[ \\t\\n]*){1,3}$`, "u")
// These two as in chat_app/web/rows.py
const HANGUL = /[\u1100-\u11FF\u3131-\u318E\uAC00-\uD7A3]/
const RTL = /^\P{L}*(?=\p{L})[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/u
// Korean writes them the same way
const NUMBER = new Intl.NumberFormat("en")
// ms of silence after which the author is named again
const GROUP = 5 * 60_000
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

const LINK = /\bhttps?:\/\/[^\s<>"'`]+|\bmailto:[^\s<>"'`]+@[^\s<>"'`]+/gi
const TAIL = /[.,:;!?…·'"’”。、，！？～)\]}>]+$/u
// Particles follow a Korean link without a space: "https://example.com에서". A host's own
// Hangul stands before the first dot or slash, so only Hangul right at the end is cut.
const PARTICLE = /(?<=[A-Za-z0-9/_=#-])[은는이가을를에의와과도만로]\p{Script=Hangul}{0,3}$/u

/** One to three emoji and nothing else, as chat_app/web/emoji.py tells it. @param {string} text */
export function isEmoji(text) {
  return EMOJI.test(text)
}

/** @param {string} text */
export const isKorean = (text) => HANGUL.test(text)

/** Is it written from the right? @param {string} text */
export const isRtl = (text) => RTL.test(text)

/** Characters as the server counts them: code points. @param {string} text */
export function length(text) {
  let count = 0
  for (const _ of text) count++
  return count
}

/**
 * @param {string} text with {name} in it
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => (typeof values[key] === "number" ? number(values[key]) : (values[key] ?? whole)))
}

/** @param {number} n */
export const number = (n) => NUMBER.format(n)

/** The hue of a person, 0-11; chat_app/web/rows.py counts the same way. @param {string} id */
export function hue(id) {
  const at = (/** @type {number} */ n) => DIGITS.indexOf(id.at(n) ?? " ")
  return (((at(-1) + 5 * at(-2) + 7 * at(-3)) % 12) + 12) % 12
}

/** @param {string} name */
export function initial(name) {
  return (Array.from(name)[0] ?? "").toUpperCase()
}

/** @typedef {{author: string, name: string, at: number}} Line */

/** Dates in the reader's language and time zone. A formatter costs far more than formatting: kept. */
export class Clock {
  /**
   * @param {string} language
   * @param {string} [timeZone] the reader's own unless told
   */
  constructor(language, timeZone) {
    /** @param {Intl.DateTimeFormatOptions} how */
    const format = (how, tongue = language) => byMinute(new Intl.DateTimeFormat(tongue, { timeZone, ...how }))
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
    return this.#time(at)
  }

  /** @param {number} at */
  full(at) {
    return this.#full(at)
  }

  /** @param {number} at @returns {string} 2026-11-22 */
  key(at) {
    return this.#key(at)
  }

  /** @param {number} at @param {number} [now] */
  day(at, now = Date.now()) {
    const thisYear = this.key(at).slice(0, 4) === this.key(now).slice(0, 4)
    return (thisYear ? this.#day : this.#year)(at)
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

/**
 * Messages come in order of time: most are of the minute of the one before.
 * @param {Intl.DateTimeFormat} format of no seconds
 * @returns {(at: number) => string}
 */
function byMinute(format) {
  let last = NaN
  let text = ""
  return (at) => {
    const minute = Math.floor(at / 60_000)
    if (minute !== last) text = format.format(at)
    last = minute
    return text
  }
}

/** @typedef {{text: string, href?: string, host?: string}} Part */

/**
 * Cut a text into plain parts and links (http, https, mailto; nothing else is ever one).
 * `host` is set when the host as written mixes scripts: its ASCII form, to be shown beside it.
 * @param {string} text
 * @returns {Part[]} their texts joined are the text
 */
export function linkify(text) {
  /** @type {Part[]} */
  const parts = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const link = trim(match[0])
    const url = parse(link)
    if (!url) continue
    if (match.index > end) parts.push({ text: text.slice(end, match.index) })
    parts.push({ text: link, href: url.href, ...mixed(link, url) })
    end = match.index + link.length
  }
  if (end < text.length || !parts.length) parts.push({ text: text.slice(end) })
  return parts
}

/** @param {string} link */
function trim(link) {
  for (let before = ""; before !== link; ) {
    before = link
    const cut = link.replace(TAIL, "").replace(PARTICLE, "")
    // A closing bracket belongs to the link if it was opened within: …/Seoul_(city)
    const brackets = (cut.match(/\(/g) ?? []).length > (cut.match(/\)/g) ?? []).length
    link = brackets && link[cut.length] === ")" ? link.slice(0, cut.length + 1) : cut
    if (brackets) break
  }
  return link
}

/** @param {string} link */
function parse(link) {
  try {
    const url = new URL(link)
    return /^(https?|mailto):$/.test(url.protocol) && (url.host || url.pathname.includes("@")) ? url : null
  } catch {
    return null
  }
}

/** @param {string} link @param {URL} url */
function mixed(link, url) {
  const written = link.replace(/^https?:\/\//i, "").split(/[/?#]/)[0].split("@").at(-1) ?? ""
  // Latin letters among others, or letters that look like Latin ones.
  const suspect = written.split(".").some((label) => /[a-z]/i.test(label) && /[^\0-\x7f]/.test(label)) || /\p{Script=Cyrillic}|\p{Script=Greek}/u.test(written)
  return suspect && url.host !== written ? { host: url.host } : {}
}
