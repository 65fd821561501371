// Following the end, standing still while reading, and the button that says how many are new.
import { fill } from "../core/texts.js"

const NEAR = 80 // px from the end that still count as being there

export class Scroll {
  following = true
  #news = 0
  #at = 0

  /**
   * @param {HTMLElement} log the scroller
   * @param {HTMLElement} button
   * @param {Texts} texts
   */
  constructor(log, button, texts) {
    this.log = log
    this.button = button
    this.texts = texts
    // Until now the server's column-reverse showed the end without a script; see app.css.
    log.dataset.live = ""
    this.toEnd()
    log.addEventListener("scroll", () => {
      const at = log.scrollTop
      // Only going up leaves the end: what came below meanwhile is not a move of the reader's.
      if (this.#distance() <= NEAR) this.following = true
      else if (at < this.#at - 1) this.following = false
      this.#at = at
      if (this.following) this.#count(0)
    })
    // After layout and before paint: rows that came, a composer that grew, a keyboard that opened.
    const observer = new ResizeObserver(() => this.following && this.toEnd())
    observer.observe(log)
    observer.observe(/** @type {Element} */ (log.firstElementChild))
    button.addEventListener("pointerdown", (event) => event.preventDefault()) // the focus stays where it is
    button.addEventListener("click", () => this.toEnd())
  }

  toEnd() {
    this.following = true
    this.log.scrollTop = this.log.scrollHeight
    this.#at = this.log.scrollTop
    this.#count(0)
  }

  /** Somebody else's message was added below. */
  arrived() {
    if (!this.following) this.#count(this.#news + 1)
  }

  /**
   * Change the page so that what the reader sees stays where it is.
   * @param {() => void} change
   */
  hold(change) {
    const row = this.top()
    const before = row?.getBoundingClientRect().top ?? 0
    change()
    if (this.following) this.toEnd()
    else if (row?.isConnected) this.log.scrollTop += row.getBoundingClientRect().top - before
  }

  #distance() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight
  }

  /** The first row in sight. @returns {Element | undefined} */
  top() {
    const top = this.log.getBoundingClientRect().top
    const below = (/** @type {Element} */ each) => each.getBoundingClientRect().bottom > top
    for (const list of this.log.querySelectorAll("ol")) {
      const row = below(list) && [...list.querySelectorAll(".row")].find(below) // a day line may go
      if (row) return row
    }
  }

  /** @param {number} news */
  #count(news) {
    if (news === this.#news) return
    this.#news = news
    this.button.hidden = news === 0
    if (news) this.button.textContent = fill(news === 1 ? this.texts.new_one : this.texts.new_many, { n: news })
  }
}
