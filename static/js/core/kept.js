// What this browser keeps: what was typed, the rooms it has opened, messages not yet sent. It may
// be full or forbidden: then a thing lives as long as the page.

// They stay here: a name is a key, so no server lists them.
const ROOMS = 12
const STORE = "outbox"
// ms: a database that neither opens nor fails must not hold up a message
const PATIENCE = 2000

/** @param {string} key */
export function load(key) {
  try {
    return localStorage.getItem(key) ?? ""
  } catch {
    return ""
  }
}

/** @param {string} key @param {string} text empty: forget it */
export function save(key, text) {
  try {
    if (text) localStorage.setItem(key, text)
    else localStorage.removeItem(key)
  } catch {}
}

/**
 * `seen`: the seq and the epoch up to which it was read.
 * @returns {{name: string, url: string, at: number, seen?: [number, string]}[]} newest first
 */
export function recentRooms() {
  try {
    // What lies in storage may be of another version or another hand: only our own addresses.
    return JSON.parse(load("rooms")).filter((/** @type {any} */ room) => typeof room.name === "string" && /^\/chat\/[^/]+\/$/.test(room.url) && room.at > 0)
  } catch {
    return []
  }
}

/**
 * @param {{name: string, url: string}} room
 * @param {[number, string]} [seen] up to here it has been read; else what was known stays
 * @returns {[number, string] | undefined} what was known
 */
export function remember({ name, url }, seen) {
  const rooms = recentRooms()
  const known = rooms.find((room) => room.url === url)?.seen
  const others = rooms.filter((room) => room.url !== url)
  save("rooms", JSON.stringify([{ name, url, at: Date.now(), seen: seen ?? known }, ...others].slice(0, ROOMS)))
  return known
}

export function forgetAll() {
  save("rooms", "")
}

/**
 * Messages that the server does not have yet, in IndexedDB. That takes a moment, in which the page may
 * go: so each is noted in localStorage first, where its draft lay, in one step with the draft's end.
 * Without IndexedDB the note stays; with neither, memory.
 */
export class Pending {
  #box
  #db
  /** @type {Map<string, Item>} */
  #memory = new Map()

  /** @param {string} box a name; what is kept under another is not seen here */
  constructor(box) {
    this.#box = box
    this.#db = open()
    // Why there is none is told to each who asks.
    this.#db.catch(() => {})
  }

  /** @returns {Promise<Item[]>} in the order in which they were written */
  async all() {
    /** @type {Item[]} */
    let kept = []
    try {
      // An array comes after every string: these are all keys that begin with the box.
      kept = await this.#ask("readonly", (store) => store.getAll(IDBKeyRange.bound([this.#box], [this.#box, []])))
    } catch {}
    const items = new Map([...kept, ...this.#noted(), ...this.#memory.values()].map((item) => [item.id, item]))
    return [...items.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Noted when this returns; resolves when it is as safe as it can be here. @param {Item} item */
  async put(item) {
    this.#memory.set(item.id, item)
    try {
      localStorage.setItem(this.#note(item.id), JSON.stringify(item))
    } catch {}
    try {
      await this.#ask("readwrite", (store) => store.put(item, [this.#box, item.id]))
      this.#forget(item.id)
    } catch {}
  }

  /** @param {string} id */
  async delete(id) {
    this.#forget(id)
    try {
      await this.#ask("readwrite", (store) => store.delete([this.#box, id]))
    } catch {}
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} request
   * @returns {Promise<any>} its result, once the transaction is through
   */
  async #ask(mode, request) {
    const change = (await this.#db).transaction(STORE, mode)
    const asked = request(change.objectStore(STORE))
    return new Promise((resolve, reject) => {
      change.oncomplete = () => resolve(asked.result)
      change.onabort = () => reject(change.error)
    })
  }

  /** @param {string} id */
  #note(id) {
    // quoted: "a" is no beginning of "a b"
    return `${JSON.stringify(this.#box)} ${id}`
  }

  /** @returns {Item[]} */
  #noted() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#note("")))
      return keys.map((key) => JSON.parse(localStorage.getItem(key) ?? ""))
    } catch {
      return []
    }
  }

  /** @param {string} id */
  #forget(id) {
    this.#memory.delete(id)
    try {
      localStorage.removeItem(this.#note(id))
    } catch {}
  }
}

/** @returns {Promise<IDBDatabase>} rejected in some private windows, and where site data is blocked */
function open() {
  return new Promise((resolve, reject) => {
    setTimeout(reject, PATIENCE)
    const request = indexedDB.open("chat", 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onerror = reject
    request.onsuccess = () => {
      const db = request.result
      // a newer page must not wait for this one
      db.onversionchange = () => db.close()
      resolve(db)
    }
  })
}
