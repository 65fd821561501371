// Moving about by keyboard: F6 round the regions, arrows from message to message, Ctrl+/ for help.
import { find } from "./dom.js"

/** @param {HTMLElement} log @param {HTMLElement} field */
export function keys(log, field) {
  // Where the focus goes to, and the region that it stands for.
  const stops = [find("#me summary"), log, field, find("#members-list")]
  const around = ["header", "main", "footer", "aside"]

  const help = find("#help")
  const show = () => (help.open ? help.close() : help.showModal())
  find("#help-button").addEventListener("click", show)
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || !(event.ctrlKey || event.metaKey) || event.isComposing) return
    event.preventDefault()
    show()
  })

  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    const open = stops.filter((stop) => stop.closest(around.join()) && stop.checkVisibility())
    const region = document.activeElement?.closest(around.join())
    const here = open.findIndex((stop) => region?.contains(stop))
    const step = event.shiftKey ? -1 : 1
    open[(Math.max(here, 0) + step + open.length) % open.length].focus()
  })

  log.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    if (event.key === "Escape") return field.focus()
    const articles = /** @type {any[]} */ ([...log.querySelectorAll(".row > article")])
    const last = articles.length - 1
    const here = articles.findIndex((article) => article.contains(document.activeElement))
    /** @type {Record<string, number>} */
    const to = { ArrowUp: here < 0 ? last : here - 1, ArrowDown: here < 0 ? last : here + 1, Home: 0, End: last }
    // Enter on a message, not on what is in it: its first action, and not yet the doing of it.
    const action = event.key === "Enter" && articles[here] === event.target && find(".actions:not([hidden]) button", articles[here])
    const target = action || articles[to[event.key]]
    if (!target) return
    event.preventDefault()
    if (!action) target.tabIndex = -1
    target.focus()
  })
}
