// The line above the composer that says who is typing: three names at most, then a number.

const KEYS = ["", "typing_one", "typing_two", "typing_three"]

/** @param {HTMLElement} line of fixed height @param {Texts} texts @param {string[]} names */
export function showTyping(line, texts, names) {
  const text = names.length && texts[KEYS[names.length] ?? "typing_many"]
  line.replaceChildren(...(text || "").split(/\{(\w)\}/).map((part, i) => (i % 2 ? named(names["abc".indexOf(part)] ?? `${names.length}`) : part)))
}

/** @param {string} name */
function named(name) {
  const bdi = document.createElement("bdi") // a name's direction is its own
  bdi.textContent = name
  return bdi
}
