// Shapes that several modules share; for the type checker only, no browser loads this.

type User = { id: string; name: string }

/** A message as the server sends it, or the deletion of one. */
type RoomEvent = {
  type: string
  seq: number
  id: string
  user: User
  message: string
  /** ISO 8601, UTC */
  at: string
  /** its text is gone */
  deleted?: true
  /** of a deletion: the seq of what it takes away */
  target?: number
}

/** A message of one's own that the server has not yet shown. */
type Item = {
  id: string
  text: string
  /** milliseconds since 1970 */
  at: number
  /** new: not yet kept, and so not yet to be sent */
  state: "new" | "queued" | "sent" | "acked" | "failed" | "deleted"
  /** its place in the room, once acked */
  seq?: number
  /** why it failed */
  code?: string
  /** the same in words, when the server gave any */
  reason?: string
}

type Texts = Record<string, string>
type Timer = any
