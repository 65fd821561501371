// The messages on the page: chunks of rows in seq order, days, groups, and one's own pending ones last.
import { adoptRow, bury, find, makeRow, number, rowOf, stamp } from "./elements.js"
/** @import { Clock } from "../core/texts.js" */

// rows that share one content-visibility
const CHUNK = 20
// rows kept in the page
const MOST = 1000
// chunks below the reader that stay in any case
const NEAR = 10
// ms: faster than this, rows come without motion
const BRISK = 200

export class Timeline {
  /**
   * @param {HTMLElement} log
   * @param {{me: () => User, clock: Clock, texts: Texts, connected: () => boolean,
   *   actions: Record<string, (item: Item) => void>}} context  actions: by the data-act of their button
   */
  constructor(log, context) {
    this.sheet = find(".sheet", log)
    this.pending = find("#pending", log)
    this.empty = find(".empty")
    this.context = context
    // What the tutorial's page and its tests read: the text of the room, a line for each message.
    Object.defineProperty(log, "value", { get: () => this.#rows().map((li) => rowOf(li)?.text && `${rowOf(li)?.text}\n`).join("") })
    for (const day of this.sheet.querySelectorAll(".day")) day.remove()
    for (const li of this.#rows()) {
      adoptRow(li, context.clock)
      this.#arrange(li)
    }
    this.#rest(this.#chunks())
  }
  /** Lets the browser skip a chunk once it is out of sight: then its true height is known, and nothing moves. */
  #resting = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) continue
      this.#resting.unobserve(target)
      target.classList.add("full")
    }
  })
  #came = 0
  // the line of the unread is due above the first of others' messages beyond it
  #seen = Infinity

  /** @param {RoomEvent} event */
  append(event) {
    const at = Date.parse(event.at)
    const own = event.user.id === this.context.me().id
    const mine = own ? this.#pendingRow(event.id) : undefined
    const li = mine ?? this.#make(event, own)
    if (mine) number(mine, event.seq, at, this.context.clock)
    const now = performance.now()
    li.classList.toggle("fresh", !mine && now - this.#came > BRISK)
    this.#came = now
    this.#tail().append(li)
    this.#arrange(li)
    this.#mark(li)
    this.#tidy()
  }

  /** A message was deleted. @param {number} seq */
  erase(seq) {
    const li = find(`[data-seq="${seq}"]`, this.sheet)
    if (li) bury(li)
  }

  /** The reader has seen everything up to here: draw the line anew, now or when something comes. @param {number} seq */
  unread(seq) {
    this.#seen = seq
    const line = find(".unread", this.sheet)
    const below = line?.nextElementSibling
    line?.remove()
    const li = below?.matches(".day") ? below.nextElementSibling : below
    if (li) this.#arrange(li)
    for (const row of this.#rows()) this.#mark(row)
  }

  /** @param {HTMLElement} li */
  #mark(li) {
    const row = rowOf(li)
    if (!row || row.seq <= this.#seen || row.author === this.context.me().id) return
    this.#seen = Infinity
    const before = li.previousElementSibling
    ;(before?.matches(".day") ? before : li).before(stamp("#unread-template"))
    this.#arrange(li)
  }

  /**
   * Put a page of history below a gap.
   * @param {Element} gap
   * @param {RoomEvent[]} events oldest first
   * @param {boolean} closed nothing is missing any more: the gap goes
   */
  insert(gap, events, closed) {
    const made = []
    events = events.filter(({ type }) => type === "message")
    for (let i = events.length; i > 0; i -= CHUNK) made.unshift(this.#chunk(events.slice(Math.max(0, i - CHUNK), i)))
    const next = /** @type {Element} */ (gap.nextElementSibling)
    // Its first row may lose its day line, and a chunk that is being skipped would tell its old height.
    next.classList.remove("full")
    gap.after(...made)
    if (closed) gap.remove()
    for (const li of made.flatMap(rowsIn)) this.#arrange(li)
    const below = rowsIn(next)[0]
    if (below) this.#arrange(below)
    this.#rest(next.matches(".chunk") ? [...made, next] : made)
  }

  /** A message of one's own, from the moment it is typed. @param {Item} item */
  show(item) {
    let li = this.#pendingRow(item.id)
    if (!li) {
      if (item.state === "acked" || this.has(item.id)) return
      const { id, name } = this.context.me()
      li = makeRow({ id: item.id, seq: 0, author: id, name, text: item.text, at: item.at }, true, this.context.clock)
      // Ids are in order of time; what another tab wrote, or an earlier page, may come late.
      const next = rowsIn(this.pending).find((each) => (rowOf(each)?.id ?? "") > item.id) ?? null
      this.pending.insertBefore(li, next)
      this.#tidy()
    }
    const failed = item.state === "failed"
    const done = item.state === "acked"
    li.classList.toggle("pending", !failed && !done)
    li.classList.toggle("failed", failed)
    if (done) li.querySelector(".state")?.remove()
    else this.#state(li, item, failed)
  }

  /** A message of one's own that is not to be shown, or stands elsewhere. @param {string} id */
  drop(id) {
    this.#pendingRow(id)?.remove()
    this.#tidy()
  }

  /** Is it one's own, and shown as a message of the room? @param {string} id */
  has(id) {
    return this.#rows().some((li) => li.matches(".own") && rowOf(li)?.id === id)
  }

  /** Forget what is shown, except what the room does not have yet. */
  clear() {
    for (const child of [...this.sheet.children]) if (child !== this.pending) child.remove()
    this.settle()
  }

  /** What was acked and has not come will not come: it is among what was left out. */
  settle() {
    for (const li of rowsIn(this.pending)) if (!li.matches(".pending, .failed")) li.remove()
    this.#tidy()
  }

  /** Rows have come or gone at the end: mend the days and heads there. */
  #tidy() {
    for (const line of this.pending.querySelectorAll(".day")) if (!line.nextElementSibling?.matches(".row")) line.remove()
    for (const li of rowsIn(this.pending)) this.#arrange(li)
    this.empty.hidden = Boolean(find(".row", this.sheet))
  }

  /** Drop the oldest chunks; only for a reader at the end, who does not see them go. */
  trim() {
    if (this.sheet.childElementCount <= MOST / CHUNK) return false
    const chunks = this.#chunks()
    let count = size(chunks)
    if (count <= MOST) return false
    for (const chunk of chunks) {
      const rows = chunk.childElementCount
      if (count - rows < MOST - CHUNK) break
      while (chunk.previousElementSibling) chunk.previousElementSibling.remove()
      chunk.remove()
      count -= rows
    }
    const first = find(".chunk > .row", this.sheet)
    if (first) this.#arrange(first)
    return true
  }

  /**
   * Drop chunks far below the reader, but for the newest: nothing in sight moves.
   * @param {() => Element | undefined} reader the first row in sight
   * @param {(before: number, until: number) => Element} gap stands for what went
   */
  trimBelow(reader, gap) {
    if (this.sheet.childElementCount <= MOST / CHUNK) return
    const chunks = this.#chunks()
    let count = size(chunks)
    if (count <= MOST) return
    const least = chunks.indexOf(reader()?.closest(".chunk") ?? chunks[0]) + NEAR
    let at = chunks.length - 3
    if (at < least) return
    for (; at >= least && count > MOST - CHUNK; at--) {
      count -= chunks[at].childElementCount
      chunks[at].remove()
    }
    const [above, below] = [chunks[at], chunks[chunks.length - 2]]
    // the gaps of before
    while (above.nextElementSibling !== below) above.nextElementSibling.remove()
    const [first] = rowsIn(below)
    below.before(gap(Number(first.dataset.seq), Number(rowsIn(above).at(-1).dataset.seq)))
    this.#arrange(first)
  }

  /** The oldest seq on the page, or 0. */
  get first() {
    const li = find(".chunk > .row", this.sheet)
    return li ? Number(li.dataset.seq) : 0
  }

  /** What the room has, oldest first. @returns {any[]} */
  #rows() {
    return [...this.sheet.querySelectorAll(".chunk > .row")]
  }

  /** @returns {any[]} */
  #chunks() {
    return [...this.sheet.children].filter((child) => child.matches(".chunk"))
  }

  /** The chunk that takes the next event. */
  #tail() {
    const last = this.pending.previousElementSibling
    if (last?.matches(".chunk") && last.childElementCount < CHUNK) return last
    const chunk = this.#chunk([])
    this.pending.before(chunk)
    if (last?.matches(".chunk")) this.#resting.observe(last)
    return chunk
  }

  /** @param {RoomEvent[]} events */
  #chunk(events) {
    const chunk = stamp("#chunk-template")
    chunk.append(...events.map((event) => this.#make(event, event.user.id === this.context.me().id)))
    return chunk
  }

  /** @param {RoomEvent} event @param {boolean} own */
  #make({ id, seq, user, message, at }, own) {
    // It may have come by way of history.
    if (own) this.#pendingRow(id)?.remove()
    const row = { id, seq, author: user.id, name: user.name, text: message, at: Date.parse(at) }
    return makeRow(row, own, this.context.clock)
  }

  /** All but the one that still grows. @param {HTMLElement[]} chunks */
  #rest(chunks) {
    for (const chunk of chunks) if (chunk.nextElementSibling !== this.pending) this.#resting.observe(chunk)
  }

  /** Give a row its day line and its head, or take them away. @param {HTMLElement} li */
  #arrange(li) {
    const row = rowOf(li)
    if (!row) return
    const before = li.previousElementSibling
    const line = before?.matches(".day") ? before : null
    const above = previousRow(li)
    const { day, head } = this.context.clock.starts((above && rowOf(above)) || null, row)
    const unread = (line ?? li).previousElementSibling?.matches(".unread")
    li.classList.toggle("head", head || Boolean(unread))
    if (!day) line?.remove()
    else if (!line) li.before(this.#day(row.at))
  }

  /** @param {number} at */
  #day(at) {
    const { clock } = this.context
    const li = stamp("#day-template")
    const time = li.firstElementChild
    time.dateTime = clock.key(at)
    time.textContent = clock.day(at)
    return li
  }

  /** @param {HTMLElement} li @param {Item} item @param {boolean} failed */
  #state(li, item, failed) {
    const { texts, actions, connected } = this.context
    const line = find(".state", li) ?? stamp("#state-template")
    if (!line.isConnected) li.firstElementChild?.append(line)
    const [label, buttons] = line.children
    // The server's own words are English: ours come first.
    const why = texts[item.code ?? ""] ?? `${texts.unsent} ${item.reason ?? ""}`
    const text = failed ? why : connected() ? texts.sending : texts.queued
    // it is read out when it changes
    if (label.textContent !== text) label.textContent = text
    buttons.hidden = !failed
    for (const button of buttons.children) button.onclick = () => actions[button.dataset.act](item)
  }

  /** @param {string} id */
  #pendingRow(id) {
    return rowsIn(this.pending).find((li) => rowOf(li)?.id === id)
  }
}

/** @param {Element | null} list @returns {any[]} */
const rowsIn = (list) => [...(list?.querySelectorAll(".row") ?? [])]

/** Rows of chunks, a day line here and there among them: counting must not look at each. @param {any[]} chunks */
const size = (chunks) => chunks.reduce((count, chunk) => count + chunk.childElementCount, 0)

/** The row above, across chunks; null at the top and below a gap. @param {Element} li */
function previousRow(li) {
  for (let at = li.previousElementSibling; at; at = at.previousElementSibling) if (at.matches(".row")) return at
  for (let list = li.parentElement?.previousElementSibling; list?.matches(".chunk"); list = list.previousElementSibling) {
    const last = rowsIn(list).at(-1)
    if (last) return last
  }
  return null
}
