// What this browser keeps. It may be full or forbidden: then a thing lives as long as the page.

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
