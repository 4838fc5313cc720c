/** What a schema library says about a value, as the end of a sentence that begins with the field. */

const wordings: readonly (readonly [RegExp, string])[] = [
  [/^Invalid input: expected (\w+), received undefined$/, 'is missing'],
  [/^Invalid input: expected (\w+), received .+$/, 'must be of type $1'],
  [/^Invalid option: expected one of (.+)$/, 'must be one of $1'],
  [/^Invalid input$/, 'is not valid'],
  [/^Too (?:small|big): expected (?:\w+) to (have|be) (.+)$/, 'must $1 $2'],
  [/^Unrecognized keys?: (.+)$/, 'has the unknown field $1'],
]

/** "must be of type string", "is missing", "must be one of "local"|"remote""; a message of our own stays as it is. */
export function issueWords(message: string | undefined): string {
  if (message === undefined) return 'is not valid'
  const found = wordings.find(([pattern]) => pattern.test(message))
  return found === undefined ? message : message.replace(found[0], found[1])
}
