// The line above what came since one looked: since the last visit, or since the page was hidden.
import { remember } from "./recent.js"
/** @import { RoomLog } from "../core/log.js" */
/** @import { Timeline } from "./timeline.js" */

/** @param {{name: string, url: string}} room @param {RoomLog} log @param {Timeline} timeline */
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
