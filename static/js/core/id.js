// Ids of messages: UUIDv7, so the server's index of them grows at its end.

let last = 0

/**
 * Each is greater than the one before, also within a millisecond and when the clock is set back.
 * crypto.randomUUID exists on https only; getRandomValues everywhere.
 * @param {number} [now] milliseconds since 1970
 * @returns {string} 36 characters
 */
export function newId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  last = Math.max(now, last + 1)
  for (let i = 5, rest = last; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
