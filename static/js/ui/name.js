// One's own name, changed in place. Without scripts the same <details> posts the form.
import { initial } from "../core/texts.js"
import { find } from "./dom.js"

export class Name {
  /** @param {HTMLDetailsElement} details @param {Texts} texts */
  constructor(details, texts) {
    this.details = details
    this.texts = texts
    this.summary = find("summary", details)
    this.input = find("#name-input", details)
    this.notice = find(".notice", details)
    details.addEventListener("toggle", () => details.open && this.input.select())
    details.addEventListener("keydown", (event) => event.key === "Escape" && this.#close())
    document.addEventListener("pointerdown", (event) => {
      if (!event.composedPath().includes(details)) details.open = false
    })
    this.form = find("form", details)
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault()
      this.#save()
    })
  }

  /** @param {User} user */
  show({ name }) {
    const [disc, label] = this.summary.children
    if (label.textContent === name) return
    disc.textContent = initial(name)
    label.textContent = name
    this.summary.setAttribute("aria-label", `${this.texts.your_name}: ${name}`)
    this.input.value = name
  }

  async #save() {
    this.notice.textContent = ""
    try {
      const body = new URLSearchParams(/** @type {any} */ (new FormData(this.form)))
      const answer = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" } })
      const said = await answer.json()
      if (!answer.ok) throw new Error(said.message)
      this.show(said.user)
      this.details.dispatchEvent(new CustomEvent("renamed", { detail: said.user }))
      this.#close()
    } catch (error) {
      const reason = error instanceof Error && error.constructor === Error ? error.message : ""
      this.notice.textContent = reason || this.texts.name_failed
    }
  }

  #close() {
    this.details.open = false
    this.summary.focus()
  }
}
