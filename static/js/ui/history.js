// Reading: following the end or standing still, the past that loads above, and what is new below.
import { remember } from "../core/kept.js"
import { fill } from "../core/texts.js"
import { find, stamp } from "./elements.js"
/** @import { RoomLog } from "../core/socket.js" */
/** @import { Timeline } from "./timeline.js" */

// px from the end that still count as being there
const NEAR = 80
const PAGE = 50
// px of a line that a wheel is turned by
const LINE = 32
// px from the top within which the past loads by itself
const REACH = 1000

/** Following the end, standing still while reading, and the button that says how many are new. */
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
    // On a wide page the messages are a sheet on a desk: a wheel turned beside it turns them too.
    const desk = /** @type {HTMLElement} */ (log.parentElement)
    const turn = (/** @type {WheelEvent} */ { target, deltaY, deltaMode }) => {
      // lines, in Firefox
      if (target === desk) log.scrollTop += deltaMode ? deltaY * LINE : deltaY
    }
    desk.addEventListener("wheel", turn, { passive: true })
    // After layout and before paint: rows that came, a composer that grew, a keyboard that opened.
    const observer = new ResizeObserver(() => this.following && this.toEnd())
    observer.observe(log)
    observer.observe(/** @type {Element} */ (log.firstElementChild))
    // the focus stays where it is
    button.addEventListener("pointerdown", (event) => event.preventDefault())
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
      // A row: a day line may go.
      const row = below(list) && [...list.querySelectorAll(".row")].find(below)
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

/** Gaps in the timeline and the pages that fill them. The past above the first row is one more gap. */
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
    timeline.trimBelow(() => scroll.top(), (before, until) => this.#gap(before, until))
  }

  /** @param {number} before @param {number} until */
  #gap(before, until) {
    const gap = stamp("#gap-template")
    gap.dataset.before = String(before)
    gap.dataset.until = String(until)
    const button = gap.firstElementChild
    button.textContent = this.#label(until)
    button.addEventListener("click", () => this.load(gap))
    return gap
  }

  /** @param {number} until */
  #label(until) {
    return until ? this.context.texts.between : this.context.texts.older
  }

  /** There is a connection again: what did not load without one. */
  async retry() {
    for (const gap of /** @type {any} */ (this.context.log.querySelectorAll(".gap.broken"))) await this.load(gap)
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
      // fewer come where they are long
      const left = page.more && first > until + 1
      scroll.hold(() => {
        const below = last + 1 < before && this.#gap(before, last)
        if (below) gap.after(below)
        const focused = gap.contains(document.activeElement)
        timeline.insert(gap, events, !left)
        if (focused && !left) (below ? find("button", below) : log).focus()
        gap.dataset.before = String(first)
        button.textContent = this.#label(until)
      })
      this.bound()
      gap.classList.remove("broken")
    } catch {
      // not asked for by every scroll
      gap.classList.add("broken")
      button.textContent = texts.load_failed
    } finally {
      this.#loading = false
    }
  }
}

/**
 * The line above what came since one looked: since the last visit, or since the page was hidden.
 * @param {{name: string, url: string}} room
 * @param {RoomLog} log
 * @param {Timeline} timeline
 */
export function unread(room, log, timeline) {
  const [seq, epoch] = remember(room) ?? []
  if (seq !== undefined && epoch === log.epoch) timeline.unread(seq)
  // Hidden is also the last that a page hears before it is closed, on a phone above all.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return
    remember(room, [log.last, log.epoch])
    timeline.unread(log.last)
  })
}
