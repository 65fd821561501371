// One's own name in the header. What changes it is fetched when its card is opened.
import { initial } from "../core/texts.js"
import { find } from "./dom.js"

/** @param {HTMLElement} details @param {Texts} texts @param {User} user */
export function showName(details, texts, { name }) {
  const summary = find("summary", details)
  const [disc, label] = summary.children
  if (label.textContent === name) return
  disc.textContent = initial(name)
  label.textContent = name
  summary.setAttribute("aria-label", `${texts.your_name}: ${name}`)
  find("#name-input", details).value = name
}
