// The rooms this browser has opened. They stay here: a name is a key, so no server lists them.
import { load, save } from "./storage.js"

const MOST = 12

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
  save("rooms", JSON.stringify([{ name, url, at: Date.now(), seen: seen ?? known }, ...others].slice(0, MOST)))
  return known
}

export function forgetAll() {
  save("rooms", "")
}
