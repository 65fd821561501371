// What a text that begins with a slash means. Knows no DOM.

const UNITS = /** @type {Record<string, number>} */ ({ m: 60, 분: 60, h: 3600, 시간: 3600, d: 86_400, 일: 86_400 })
const TIME = /(?:^|\s)(\d{1,4})\s*(m|h|d|분|시간|일)$/iu

/**
 * One slash before a word is a command. Of more than one, one is taken away: the rest is a message.
 * @param {string} typed
 * @returns {{word: string, rest: string, literal?: string}}
 */
export function parse(typed) {
  const text = typed.trimStart()
  if (text.startsWith("//")) return { word: "", rest: "", literal: text.slice(1) }
  const [, word, rest] = /** @type {RegExpMatchArray} */ (text.match(/^\/(\S*)\s*([^]*)$/))
  return { word: word.toLowerCase(), rest: rest.trim() }
}

/**
 * A name, and how long: "Ann Lee 10m", "한별 2시간".
 * @param {string} rest
 * @returns {{who: string, seconds?: number}} without seconds: until it is lifted
 */
export function timed(rest) {
  const found = rest.match(TIME)
  if (!found) return { who: rest }
  return { who: rest.slice(0, found.index).trim(), seconds: Number(found[1]) * UNITS[found[2].toLowerCase()] }
}

/**
 * Those with that name, each once. A name that is spelt exactly so goes before another case of it.
 * @param {string} name  @param {{id: string, name: string}[]} people
 */
export function find(name, people) {
  const wanted = name.replace(/^@/, "").normalize("NFC")
  const alike = (/** @type {string} */ a) => a.normalize("NFC").toLowerCase() === wanted.toLowerCase()
  const found = new Map(people.filter((one) => alike(one.name)).map((one) => [one.id, one]))
  const all = [...found.values()]
  const exact = all.filter((one) => one.name.normalize("NFC") === wanted)
  return exact.length ? exact : all
}
