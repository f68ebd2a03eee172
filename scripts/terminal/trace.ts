/**
 * Where an error and its causes happened: their names and frames, for --verbose. Never their messages, in which a
 * query's values or a URL may stand.
 */
export function trace(thrown: unknown): string {
  const lines: string[] = []
  for (let error = thrown; error instanceof Error && lines.length < 200; error = error.cause) {
    const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
    lines.push(lines.length ? `caused by ${error.name}` : error.name, ...frames)
  }
  return lines.join('\n')
}
