// What is in a text: emoji, its length; and how a name is drawn. Pure functions.

const ONE = "(?:\\p{Emoji_Presentation}|\\p{Extended_Pictographic}\\uFE0F)\\p{Emoji_Modifier}?"
const EMOJI = new RegExp(`^\\s*(?:(?:\\p{RI}{2}|${ONE}(?:\\u200D${ONE}|\\u200D\\p{Extended_Pictographic}\\uFE0F?)*)\\s*){1,3}$`, "u")
const NUMBER = new Intl.NumberFormat("en") // Korean writes them the same way
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/** One to three emoji and nothing else. @param {string} text */
export function isEmoji(text) {
  return text.length <= 60 && EMOJI.test(text)
}

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

/** The hue of a person, 0-11; templates/message.html counts the same way. @param {string} id */
export function hue(id) {
  const at = (/** @type {number} */ n) => DIGITS.indexOf(id.at(n) ?? " ")
  return (((at(-1) + 5 * at(-2) + 7 * at(-3)) % 12) + 12) % 12
}

/** @param {string} name */
export function initial(name) {
  return (Array.from(name)[0] ?? "").toUpperCase()
}
