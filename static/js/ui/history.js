// Gaps in the timeline and the pages that fill them. The past above the first row is one more gap.
import { find, stamp } from "./dom.js"
/** @import { Timeline } from "./timeline.js" */
/** @import { Scroll } from "./scroll.js" */

const PAGE = 50
const REACH = 1000 // px from the top within which the past loads by itself

export class History {
  #loading = false

  /**
   * @param {{log: HTMLElement, timeline: Timeline, scroll: Scroll,
   *   texts: Texts, fetch: (before: number, limit: number) => Promise<any>}} context
   */
  constructor(context) {
    this.context = context
    const { log, timeline } = context
    for (const link of /** @type {any} */ (timeline.sheet.querySelectorAll(".gap"))) {
      const { before, until } = link.dataset
      link.replaceWith(this.#gap(Number(before), Number(until)))
    }
    log.addEventListener("scroll", () => this.#near())
  }

  /**
   * A row that stands for the events between two, and loads them when asked to.
   * @param {number} until the last seq above
   * @param {number} before the first seq below
   */
  skip(until, before) {
    const gap = this.#gap(before, until)
    this.context.timeline.pending.before(gap)
    return gap
  }

  /** The page lost its oldest rows. @param {number} first the oldest seq left */
  trimmed(first) {
    this.context.timeline.sheet.prepend(this.#gap(first, 0))
  }

  /** Too many rows, and a reader up here: what is far below becomes a gap. */
  bound() {
    const { timeline, scroll } = this.context
    timeline.trimBelow(scroll.top(), (before, until) => this.#gap(before, until))
  }

  /** @param {number} before @param {number} until */
  #gap(before, until) {
    const gap = stamp("#gap-template")
    gap.dataset.before = String(before)
    gap.dataset.until = String(until)
    const button = gap.firstElementChild
    button.textContent = until ? this.context.texts.between : this.context.texts.older
    button.addEventListener("click", () => this.load(gap))
    return gap
  }

  #near() {
    const { log, scroll, timeline } = this.context
    const first = timeline.sheet.firstElementChild
    const past = first?.matches(".gap:not(.broken)") && first.dataset.until === "0"
    if (past && !scroll.following && log.scrollTop < REACH) this.load(first)
  }

  /** @param {HTMLElement} gap */
  async load(gap) {
    if (this.#loading) return
    this.#loading = true
    const { log, texts, timeline, scroll, fetch } = this.context
    const button = find("button", gap)
    const label = button.textContent
    const before = Number(gap.dataset.before)
    const until = Number(gap.dataset.until)
    button.textContent = texts.loading
    try {
      // Between two parts one reads on from above; the past above all is read backwards.
      const page = await fetch(until ? Math.min(before, until + 1 + PAGE) : before, Math.min(PAGE, before - until - 1))
      if (!gap.isConnected) return
      const events = page.events.filter((/** @type {{seq: number}} */ { seq }) => seq > until && seq < before)
      const first = events[0]?.seq ?? 1
      const last = events.at(-1)?.seq ?? before
      const left = page.more && first > until + 1 // fewer come where they are long
      scroll.hold(() => {
        const below = last + 1 < before && this.#gap(before, last)
        if (below) gap.after(below)
        const focused = gap.contains(document.activeElement)
        timeline.insert(gap, events, !left)
        if (focused && !left) (below ? find("button", below) : log).focus()
        gap.dataset.before = String(first)
        button.textContent = label
      })
      this.bound()
      gap.classList.remove("broken")
    } catch {
      gap.classList.add("broken") // asked for again by the button only, not by every scroll
      button.textContent = texts.load_failed
    } finally {
      this.#loading = false
    }
  }
}
