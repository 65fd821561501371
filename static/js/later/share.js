// Gives the room's address away: to the phone's own sheet, or to the clipboard.

// ms that a button says it is done
const THANKS = 2000

/** @param {HTMLElement} button @param {{name: string, url: string}} room @param {Texts} texts */
export async function share(button, { name, url }, texts) {
  const address = new URL(url, location.href).href
  // It is rejected when the sheet is closed unused.
  if (matchMedia("(pointer: coarse)").matches && navigator.share) return navigator.share({ title: name, url: address }).catch(() => {})
  const label = /** @type {HTMLElement} */ (button.lastElementChild)
  const copied = await copy(address)
  // to be copied by hand
  label.textContent = copied ? texts.copied : address
  if (!copied) return
  const region = document.querySelector("#announcer")
  if (region) region.textContent = texts.copied
  setTimeout(() => (label.textContent = texts.copy), THANKS)
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // plain http has none
    return copyWithoutClipboard(text)
  }
}

/** @param {string} text */
function copyWithoutClipboard(text) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement)
  const field = document.createElement("textarea")
  field.value = text
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  before?.focus()
  return done
}
