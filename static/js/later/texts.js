// Texts that the page did not bring along, and why a request failed in their words.
/** @import { RoomSocket } from "../core/socket.js" */

/** @type {Promise<Texts> | undefined} */
let asked

/** Fetched once; where that failed, again. @param {string} language @returns {Promise<Texts>} */
export function more(language) {
  asked ??= fetch(`/texts/${language}`).then((answer) => answer.json())
  asked.catch(() => (asked = undefined))
  return asked
}

/**
 * As RoomSocket's, but what it is rejected with can be shown.
 * @param {RoomSocket} socket @param {Texts} texts @param {object} frame @param {string} [id]
 */
export async function request(socket, texts, frame, id) {
  try {
    await socket.request(frame, id)
  } catch (error) {
    const code = error instanceof Error ? error.message : ""
    throw new Error(texts[code] ?? texts.failed, { cause: error })
  }
}
