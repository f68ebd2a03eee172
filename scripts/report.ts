/** How far long work is; `total` may be an estimate. */
export interface Progress {
  task: string
  /** What is counted; rows unless said otherwise. */
  unit?: string
  done: number
  total: number
}

/** Where the engine says what it does; it never prints by itself. */
export interface Report {
  /** One plain sentence. */
  note(text: string): void
  /** Called as often as convenient; the renderer decides what is shown. */
  progress(progress: Progress): void
}

/** For tests and callers that want no words. */
export const silent: Report = { note: () => {}, progress: () => {} }
