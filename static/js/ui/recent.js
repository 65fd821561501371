// The rooms this browser has opened. They stay here: a name is a key, so no server lists them.
import { load, save } from "./storage.js"

const MOST = 12

/** @returns {{name: string, url: string, at: number}[]} newest first */
export function recentRooms() {
  try {
    // What lies in storage may be of another version or another hand: only our own addresses.
    return JSON.parse(load("rooms")).filter((/** @type {any} */ room) => typeof room.name === "string" && /^\/chat\/[^/]+\/$/.test(room.url) && room.at > 0)
  } catch {
    return []
  }
}

/** @param {{name: string, url: string}} room */
export function remember({ name, url }) {
  const others = recentRooms().filter((room) => room.url !== url)
  save("rooms", JSON.stringify([{ name, url, at: Date.now() }, ...others].slice(0, MOST)))
}

export function forgetAll() {
  save("rooms", "")
}
