// Messages that the server does not have yet, kept by the browser: in IndexedDB; where that is
// not to be had, with the tab; where nothing is, as long as the page.

const PATIENCE = 2000 // ms: a database that neither opens nor fails must not hold up a message
const STORE = "outbox"

export class Pending {
  #box
  #db
  /** @type {Record<string, Item>} */
  #tab = {}

  /** @param {string} box a name; what is kept under another is not seen here */
  constructor(box) {
    this.#box = box
    this.#db = open()
    this.#db.catch(() => {}) // told to each who asks
    try {
      this.#tab = JSON.parse(sessionStorage.getItem(box) ?? "{}")
    } catch {}
  }

  /** @returns {Promise<Item[]>} in the order in which they were written */
  async all() {
    /** @type {Item[]} */
    let kept = []
    try {
      // An array comes after every string: these are all keys that begin with the box.
      kept = await this.#ask("readonly", (store) => store.getAll(IDBKeyRange.bound([this.#box], [this.#box, []])))
    } catch {}
    const items = Object.values({ ...Object.fromEntries(kept.map((item) => [item.id, item])), ...this.#tab })
    return items.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Resolves when it is as safe as it can be here. @param {Item} item */
  async put(item) {
    try {
      await this.#ask("readwrite", (store) => store.put(item, [this.#box, item.id]))
    } catch {
      this.#tab[item.id] = item
      this.#save()
    }
  }

  /** @param {string} id */
  async delete(id) {
    if (this.#tab[id]) {
      delete this.#tab[id]
      this.#save()
    }
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

  #save() {
    try {
      sessionStorage.setItem(this.#box, JSON.stringify(this.#tab))
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
      db.onversionchange = () => db.close() // a newer page must not wait for this one
      resolve(db)
    }
  })
}
