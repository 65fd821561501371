// The room page: puts the parts together, and nothing else.
import { Pending, load } from "./core/kept.js"
import { Outbox } from "./core/outbox.js"
import { RoomLog, RoomSocket, Typing } from "./core/socket.js"
import { Clock } from "./core/texts.js"
import { Composer, raise } from "./ui/composer.js"
import { find } from "./ui/elements.js"
import { History, Scroll, unread } from "./ui/history.js"
import { Announcer, Badge, Status, keys, work } from "./ui/page.js"
import { Members, showName, showTyping } from "./ui/people.js"
import { Timeline } from "./ui/timeline.js"

// events missed beyond which they load on demand
const FAR = 200

const room = JSON.parse(find("#room-state").textContent)
const texts = JSON.parse(find("#room-texts").textContent)
const chat = find("#chat-log")
let me = room.user

const log = new RoomLog(room.epoch, room.top)
const socket = new RoomSocket(() => {
  const origin = location.origin.replace(/^http/, "ws")
  return `${origin}${room.socket}?epoch=${encodeURIComponent(log.epoch)}&since=${log.last}&limit=${FAR}`
})
// Another person at this browser is not shown them.
const box = `outbox:${room.key}:${me.id}`
const outbox = new Outbox({
  name: box,
  kept: new Pending(box),
  send: (frame) => socket.send(frame),
  shown: (id) => timeline.has(id),
  locks: navigator.locks,
  channel: new BroadcastChannel(box),
})

const composer = new Composer({
  form: find("#composer"),
  key: room.key,
  limit: room.limits.message_chars,
  texts,
  send(text) {
    if (!/^\s*\/+\p{L}/u.test(text)) return say(text)
    more().then((deeds) => deeds?.run(text))
    // It stays in the field until that is done.
    return true
  },
})
composer.focus()

/** @param {string} text @returns {void} */
function say(text) {
  outbox.add(text)
  scroll.toEnd()
}

const clock = new Clock(room.language)
const timeline = new Timeline(chat, {
  me: () => me,
  clock,
  texts,
  connected: () => socket.state === "open",
  actions: {
    retry({ id }) {
      outbox.retry(id)
      // The button is gone.
      chat.focus()
    },
    edit({ id, text }) {
      composer.restore(text)
      outbox.remove(id)
    },
    delete({ id }) {
      outbox.remove(id)
      chat.focus()
    },
  },
})
// A :has() in the styles would be asked again with every row.
document.body.classList.add("live")
const scroll = new Scroll(chat, find("#new-messages"), texts)
const history = new History({
  log: chat,
  timeline,
  scroll,
  texts,
  fetch: (before, limit) => socket.request({ type: "history", before, limit }),
})
const announcer = new Announcer(find("#announcer"), texts)
const status = new Status(find("#status"), texts, () => socket.connect())
const card = find("#me")
const members = new Members({ me: () => me, texts, language: room.language })
const typing = new Typing((frame) => socket.send(frame))
const badge = new Badge()
keys(chat, composer.field)
unread(room, log, timeline)

// What the page can do without for a moment. Without it (the network has just gone) nothing breaks.
const lack = () => {}
/**
 * Fetched when it is first needed, and where that failed, when it is needed again.
 * @template T
 * @param {() => Promise<T>} make
 * @returns {() => Promise<T | void>}
 */
const once = (make) => {
  /** @type {Promise<T | void> | undefined} */
  let made
  return () => (made ??= make().catch(() => void (made = undefined)))
}
const ring = once(async () => new (await import("./later/bell.js")).Bell({ button: find("#bell"), texts, room }))
// What can be done with a message, by its buttons and by commands.
const more = once(async () => (await import("./later/deeds.js")).open({ chat, socket, room, composer, me: () => me, say }))
// What one may do here, where that is not as usual.
const door = once(async () => (await import("./later/door.js")).open({ socket, room, composer, me: () => me }))
for (const type of ["pointerover", "focusin"])
  chat.addEventListener(type, (/** @type {Event} */ { target }) => more().then((deeds) => deeds?.begin(target)), { once: true })

// Once for all that came within a frame; out of sight there are none.
let bounding = 0
function bound() {
  if (document.hidden) keep()
  else bounding ||= requestAnimationFrame(keep)
}

function keep() {
  cancelAnimationFrame(bounding)
  bounding = 0
  if (!scroll.following) history.bound()
  else if (timeline.trim()) {
    history.trimmed(timeline.first)
    scroll.toEnd()
  }
}

/** @param {User} user */
function iAm(user) {
  me = user
  showName(card, texts, user)
  members.show()
}

/** What the server sends, by type; types that are not here are of a later version, and ignored. */
/** @type {Record<string, (frame: any) => void>} */
const frames = {
  welcome: ({ user }) => iAm(user),
  renamed: ({ user }) => iAm(user),
  access: (news) => door().then((door) => door?.take(news)),
  resumed({ from, limited }) {
    log.resumed()
    if (!limited) return
    timeline.settle()
    history.skip(log.last, from)
    log.jump(log.epoch, from - 1)
  },
  reset({ epoch, top }) {
    timeline.clear()
    log.jump(epoch, top)
    if (top) history.load(history.skip(0, top + 1))
  },
  message: (event) => log.receive(event),
  delete: (event) => log.receive(event),
  presence: (news) => members.take(news),
  typing: (news) => news.user.id !== me.id && typing.heard(news),
  ack: ({ id, seq }) => outbox.acked(id, seq),
  error: (error) => outbox.refused(error),
}

/**
 * @param {EventTarget} target
 * @param {string} type
 * @param {(detail: any) => void} take
 */
const on = (target, type, take) => target.addEventListener(type, (/** @type {any} */ event) => take(event.detail))

on(socket, "frame", (frame) => frames[frame.type]?.(frame))
on(socket, "state", (change) => {
  status.update(change)
  if (change.state !== "open") return
  outbox.online()
  history.retry()
})
on(socket, "closed", (code) => outbox.offline(code))

on(log, "event", (event) => {
  if (event.target) return scroll.hold(() => timeline.erase(event.target))
  timeline.append(event)
  typing.stopped(event.user.id)
  if (event.user.id === me.id) outbox.acked(event.id, event.seq)
  else if (!event.deleted) {
    announcer.say(event)
    badge.add()
    if (load("bell")) ring().then((bell) => bell?.tell(event))
    scroll.arrived()
  }
  bound()
})
on(log, "gap", () => socket.send({ type: "resume", epoch: log.epoch, since: log.last, limit: FAR }))

on(outbox, "change", (item) => {
  // Acked, and the cursor is past it, yet not on the page: it is in the part that is not loaded.
  if (item.state === "deleted" || item.seq <= log.last) timeline.drop(item.id)
  else timeline.show(item)
})
composer.field.addEventListener("input", () => typing.typed(composer.field.value))
on(typing, "change", (names) => showTyping(find("#typing"), texts, names))
on(card, "renamed", iAm)

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-share]"))) {
  button.addEventListener("click", () => import("./later/share.js").then(({ share }) => share(button, room, texts), lack))
}
if (load("bell")) ring()
const open = () => {
  import("./later/name.js").then(({ Name }) => new Name(card, texts), lack)
  ring()
}
card.addEventListener("toggle", open, { once: true })
raise()
work()

addEventListener("online", () => socket.wake())
addEventListener("offline", () => socket.drop())
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return socket.wake()
  outbox.rest()
  keep()
})
outbox.open()
socket.connect()
