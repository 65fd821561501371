// The field one writes in: input methods, growing, counting, the draft.
import { load, save } from "../core/kept.js"
import { fill, length } from "../core/texts.js"
import { find } from "./elements.js"

// of the limit: from here on it says what is left
const WARN = 0.9
// px: what covers less is a bar of the browser's that comes and goes
const LEAST = 80

export class Composer {
  #armed = false
  #composing = false
  #whenComposed = false

  /**
   * @param {{form: HTMLFormElement, key: string, limit: number, texts: Texts,
   *   send: (text: string) => unknown}} context  limit 0: none; when send returns the text is safe,
   *   unless it returns something: then it is not for sending, and stays
   */
  constructor({ form, key, limit, texts, send }) {
    this.field = find("textarea", form)
    this.count = find("output", form)
    this.key = `draft:${key}`
    this.limit = limit
    this.texts = texts
    this.onsend = send
    // A finger has no Shift+Enter: there Enter is a new line and the button sends.
    this.touch = matchMedia("(hover: none) and (pointer: coarse)")
    this.#listen(form, find("button", form))
    if (!this.field.value) this.field.value = load(this.key)
    this.#changed()
  }

  /** Never takes the focus from something a person chose. */
  focus() {
    if (!document.activeElement || document.activeElement === document.body) this.field.focus({ preventScroll: true })
  }

  /** Give a text back to be written anew, above what was begun meanwhile. @param {string} text */
  restore(text) {
    const { field } = this
    field.value = field.value ? `${text}\n${field.value}` : text
    this.#changed()
    field.focus()
    field.setSelectionRange(text.length, text.length)
  }

  /** @param {HTMLFormElement} form @param {HTMLElement} button */
  #listen(form, button) {
    const { field } = this
    field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event))
    field.addEventListener("beforeinput", (/** @type {InputEvent} */ event) => this.#beforeInput(event))
    field.addEventListener("input", () => this.#changed())
    field.addEventListener("compositionstart", () => (this.#composing = true))
    field.addEventListener("compositionend", () => this.#composed())
    // Taking the focus would close the keyboard of a phone.
    for (const type of ["pointerdown", "mousedown"]) button.addEventListener(type, (event) => event.preventDefault())
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      if (!this.#composing) return this.#send()
      // Clearing the field now would leave the last syllable in it: let the input method finish first.
      this.#whenComposed = true
      field.blur()
      field.focus({ preventScroll: true })
    })
  }

  /**
   * Enter during composition has the keyCode 229, and so has the Enter by which Safari's input
   * method ended one: neither is an Enter of the person's own.
   * @param {KeyboardEvent} event
   */
  #key(event) {
    const real = event.key === "Enter" && !event.isComposing && event.keyCode !== 229
    this.#armed = real && !event.shiftKey
    if (real && (event.ctrlKey || event.metaKey)) {
      // no beforeinput follows this one
      event.preventDefault()
      this.#send()
    }
  }

  /** @param {InputEvent} event */
  #beforeInput(event) {
    const enter = event.inputType === "insertLineBreak" && this.#armed && event.cancelable
    if (!enter || event.isComposing || this.touch.matches) return
    this.#armed = false
    event.preventDefault()
    this.#send()
  }

  #composed() {
    this.#composing = false
    if (!this.#whenComposed) return
    this.#whenComposed = false
    // after blur() and focus() above are through
    queueMicrotask(() => this.#send())
  }

  #send() {
    const text = this.field.value
    if (!text.trim() || this.#over() > 0) return
    if (!this.onsend(text)) this.clear()
  }

  clear() {
    this.field.value = ""
    this.#changed()
  }

  #over() {
    return this.limit ? length(this.field.value) - this.limit : 0
  }

  #changed() {
    const { field, limit, texts, count } = this
    save(this.key, field.value)
    if (!CSS.supports("field-sizing", "content")) {
      field.style.blockSize = "auto"
      field.style.blockSize = `${field.scrollHeight + 2}px`
    }
    // A code point is one or two units: below this, counting cannot change anything.
    const over = limit && field.value.length >= limit * WARN ? this.#over() : -limit
    count.classList.toggle("over", over > 0)
    count.textContent = over > 0 ? fill(texts.over, { n: over }) : -over < limit * (1 - WARN) ? fill(texts.left, { n: -over }) : ""
  }
}

/**
 * A keyboard on the screen that covers the page instead of shrinking it: the composer is raised above
 * it. Browsers that know interactive-widget=resizes-content shrink the page themselves.
 */
export function raise() {
  const view = window.visualViewport
  if (!view || !matchMedia("(pointer: coarse)").matches) return
  const measure = () => {
    const covered = innerHeight - view.height - view.offsetTop
    // Zoomed in, what is out of sight is not covered.
    const by = view.scale > 1.01 || covered < LEAST ? 0 : Math.round(covered)
    document.documentElement.style.setProperty("--keyboard", `${by}px`)
  }
  view.addEventListener("resize", measure)
  view.addEventListener("scroll", measure)
}
