// Links in a text; fetched with the first message that has one.

const LINK = /\bhttps?:\/\/[^\s<>"'`]+|\bmailto:[^\s<>"'`]+@[^\s<>"'`]+/gi
const TAIL = /[.,:;!?…·'"’”。、，！？～)\]}>]+$/u
// Particles follow a Korean link without a space: "https://example.com에서". A host's own
// Hangul stands before the first dot or slash, so only Hangul right at the end is cut.
const PARTICLE = /(?<=[A-Za-z0-9/_=#-])[은는이가을를에의와과도만로]\p{Script=Hangul}{0,3}$/u

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

/** Put a text with its links into an element. @param {HTMLElement} body @param {string} text */
export function link(body, text) {
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
  if (host) link.dataset.host = host // shown by CSS: the text stays what was written
  return link
}
