/** Algorithm lists with `+`, `-` and `^` (ssh_config(5), Ciphers): checked when read, put together at the end. */
import { algorithmFamilies, gssKexPrefixes, type AlgorithmFamily, type AlgorithmOption } from './_algorithm-table'
import { complain } from './_complaint'
import { lowercase } from './_lex'
import { matchList } from './_pattern'

/** ssh stops checking at the first empty name. */
function namesToCheck(list: string): string[] {
  const names = list.split(',')
  const empty = names.indexOf('')
  return empty === -1 ? names : names.slice(0, empty)
}

/** The names of a list that this release does not know. Lists of what to take away may name anything. */
export function unknownAlgorithms(option: AlgorithmOption, list: string): string[] {
  if (list.startsWith('-')) return []
  const family: AlgorithmFamily & { readonly known?: readonly string[] } = algorithmFamilies[option]
  const names = list.startsWith('+') || list.startsWith('^') ? list.slice(1) : list
  const known = family.known ?? family.all
  const accepts = (name: string): boolean =>
    known.includes(name) ||
    family.prefixes.some((prefix) => name.startsWith(prefix)) ||
    family.shortNames.includes(lowercase(name)) ||
    (family.wildcards && [...known, 'null'].some((each) => matchList(each, name) !== 'none'))
  return names === '' ? [''] : namesToCheck(names).filter((name) => !accepts(name))
}

export function checkGssKex(list: string): void {
  const unknown = namesToCheck(list).find((name) => !gssKexPrefixes.some((prefix) => name.startsWith(prefix)))
  if (list === '' || unknown !== undefined) complain(`"${unknown ?? ''}" is not a known GSSAPI key exchange`)
}

/** Appends the names that are not there yet; an empty name ends the second list. */
function concatenate(head: readonly string[], tail: readonly string[]): string[] {
  if (head.length === 0 || (head.length === 1 && head[0] === '')) return [...tail]
  const result = [...head]
  for (const name of tail) {
    if (name === '') break
    if (!result.includes(name)) result.push(name)
  }
  return result
}

/** The names ssh ends up with, or a complaint when none is left. */
export function assembleAlgorithms(option: AlgorithmOption, list: string | undefined): string {
  const { all, defaults }: AlgorithmFamily = algorithmFamilies[option]
  if (list === undefined || list === '') return defaults.join(',')
  const names = list.slice(1)
  if (list.startsWith('-')) return defaults.filter((name) => matchList(name, names) !== 'matched').join(',')
  let wanted = list.split(',')
  if (list.startsWith('+')) wanted = concatenate(defaults, names.split(','))
  if (list.startsWith('^')) wanted = concatenate(names.split(','), defaults)
  let result: string[] = []
  for (const pattern of wanted) {
    if (pattern.startsWith('!')) complain(`"${pattern}": a list of algorithms cannot deny; use a leading - instead`)
    result = concatenate(
      result,
      all.filter((name) => matchList(name, pattern) === 'matched'),
    )
  }
  if (result.length === 0) complain(`${option} is left without any algorithm`)
  return result.join(',')
}
