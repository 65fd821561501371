// Who is in the room now, as the server tells it: a state, then who came and who went.

const MOST = 200 // of them are listed; the server names no more of a larger room

/** @typedef {{op: "state" | "join" | "leave", users: User[], count: number}} News */

export class Presence {
  /** @type {Map<string, User>} */
  #users = new Map()
  /** All of them, also those who are not named. */
  count = 0

  /** @param {string} language in whose order the names are listed */
  constructor(language) {
    this.#order = new Intl.Collator(language, { numeric: true }).compare
  }
  #order

  /** @param {News} news */
  take({ op, users, count }) {
    if (op === "state") this.#users.clear()
    for (const user of users) op === "leave" ? this.#users.delete(user.id) : this.#users.set(user.id, user)
    this.count = count
  }

  /** @param {string} me an id: listed first @returns {User[]} */
  list(me) {
    const rank = (/** @type {User} */ user) => (user.id === me ? 0 : 1)
    return [...this.#users.values()].sort((a, b) => rank(a) - rank(b) || this.#order(a.name, b.name)).slice(0, MOST)
  }
}
