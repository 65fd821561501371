// Registers the service worker. On plain http there is none, and nothing is missing but the page
// for when there is no network.

/** @type {any} */
const { trustedTypes } = window
// The one policy of our pages, and the one address that it lets through.
const policy = trustedTypes?.createPolicy("app", {
  createScriptURL(/** @type {string} */ url) {
    if (url === "/sw.js") return url
    throw new TypeError(url)
  },
})

navigator.serviceWorker.register(policy?.createScriptURL("/sw.js") ?? "/sw.js").catch(() => {})
export {} // a module all the same
