// Keeps the files of this version, and a page to show where there is no network. Nothing that
// anybody said is ever kept here.
const VERSION = ""
/** @type {string[]} what a page fetches as it loads, in the browser's cache by the time we start; and the shell */
const FIRST = []
/** @type {string[]} what it may fetch later */
const LATER = []
const SHELL = "/offline/"

/** @type {any} */
const worker = self

async function install() {
  const kept = await caches.open(VERSION)
  await kept.addAll([new Request(SHELL, { cache: "reload", credentials: "omit" }), ...FIRST])
}

/** The rest, at a second visit: the first fetches nothing that it does not need. */
async function complete() {
  const kept = await caches.open(VERSION)
  for (const path of LATER) if (!(await kept.match(path))) await kept.add(path)
}

// A new version waits until the last page of the old one is closed: that one may still need its files.
async function activate() {
  for (const name of await caches.keys()) if (name !== VERSION) await caches.delete(name)
  // With it, where the server cannot be reached Firefox shows its own page instead of our answer.
  await worker.registration.navigationPreload?.disable()
}

/** @param {any} event */
async function navigate({ request }) {
  try {
    return await fetch(request)
  } catch {
    return (await caches.match(SHELL, { ignoreVary: true })) ?? Response.error()
  }
}

/** @param {Request} request */
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}

/** A notification leads to its room: to its page if one is open. @param {string} url */
async function enter(url) {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true })
  const page = pages.find((/** @type {{url: string}} */ each) => new URL(each.url).pathname === url)
  return page ? page.focus() : worker.clients.openWindow(url)
}

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()))
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()))
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event
  if (request.method !== "GET") return
  if (request.mode === "navigate") {
    event.respondWith(navigate(event))
    event.waitUntil(complete().catch(() => {}))
  } else if ([...FIRST, ...LATER].includes(new URL(request.url).pathname)) event.respondWith(file(request))
})
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close()
  event.waitUntil(enter(event.notification.data))
})
