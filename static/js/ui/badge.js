// How many messages came while nobody looked: in the window's title and, where it has one, on the app's icon.

export class Badge {
  #title = document.title
  #count = 0

  constructor() {
    document.addEventListener("visibilitychange", () => document.hidden || this.#show(0))
  }

  /** Somebody else's message came. */
  add() {
    if (document.hidden) this.#show(this.#count + 1)
  }

  /** @param {number} count */
  #show(count) {
    if (count === this.#count) return
    this.#count = count
    document.title = count ? `(${count}) ${this.#title}` : this.#title
    navigator.setAppBadge?.(count).catch(() => {}) // 0 clears it
  }
}
