// One's own name, changed in place. Without this module the same <details> posts the form.
import { find } from "../ui/elements.js"

export class Name {
  /** Fires "renamed" (detail: User) on the card. @param {HTMLDetailsElement} details @param {Texts} texts */
  constructor(details, texts) {
    this.details = details
    this.texts = texts
    this.summary = find("summary", details)
    this.input = find("#name-input", details)
    this.notice = find(".notice", details)
    details.addEventListener("toggle", () => this.#opened())
    this.#opened()
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

  #opened() {
    if (this.details.open) this.input.select()
  }

  async #save() {
    this.notice.textContent = ""
    try {
      const body = new URLSearchParams(/** @type {any} */ (new FormData(this.form)))
      const answer = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" } })
      const said = await answer.json()
      if (!answer.ok) throw new Error(said.message)
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
